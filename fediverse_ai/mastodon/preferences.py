"""What apps begin a new post with: kept with the account, shown as preferences and in one's own profile."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.mastodon import answers
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.mastodon.status_entities import FROM_API, VISIBILITIES
from outbox.models import Visibility


@dataclass(frozen=True, slots=True)
class Posting:
    """`visibility` in the API's words; quiet is this server's default."""

    visibility: str = VISIBILITIES[Visibility.QUIET]
    sensitive: bool = False
    language: str | None = None


def of(account: Account | None) -> Posting:
    kept = account.posting if account is not None else {}
    return Posting(
        visibility=kept["visibility"] if kept.get("visibility") in FROM_API else Posting().visibility,
        sensitive=kept.get("sensitive") is True,
        language=kept.get("language") or None,
    )


async def silent_about_apps(session: AsyncSession, actor_ids: set[int]) -> set[int]:
    """Of these people of ours, those who do not say which app they post with (`posting["app"]` is false)."""
    if not actor_ids:
        return set()
    rows = await session.exec(select(Account.actor_id, Account.posting).where(col(Account.actor_id).in_(actor_ids)))
    return {actor_id for actor_id, posting in rows if posting.get("app") is False}


async def account_of(session: AsyncSession, actor_id: int) -> Account | None:
    return (await session.exec(select(Account).where(Account.actor_id == actor_id))).first()


def change(account: Account, asked: Parameters) -> None:
    """`source[privacy]`, `source[sensitive]`, `source[language]`. Raises Unprocessable for a privacy that is none."""
    changed = dict(account.posting)
    privacy, sensitive, language = asked.text("privacy"), asked.flag("sensitive"), asked.text("language")
    if privacy:
        if privacy not in FROM_API:
            raise Unprocessable("Validation failed: Privacy is not included in the list")
        changed["visibility"] = privacy
    if sensitive is not None:
        changed["sensitive"] = sensitive
    if language is not None:
        changed["language"] = language.strip()[: limits.LANGUAGE_CHARS] or None
    account.posting = changed


async def show(request: Request) -> Response:
    """GET /api/v1/preferences"""
    async with context_of(request).database.read() as session:
        chosen = of(await account_of(session, me(request).actor_id))
    return answers.answer({
        "posting:default:visibility": chosen.visibility,
        "posting:default:sensitive": chosen.sensitive,
        "posting:default:language": chosen.language,
        "posting:default:quote_policy": "public",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    })  # fmt: skip


ROUTES = [ApiDoor("/api/v1/preferences", show, needs="read:accounts")]
