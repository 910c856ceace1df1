"""GET and POST /settings: name, words, pictures, fields and hashtags of one's own profile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Account, Actor
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import RequestError
from fediverse_ai.core.html import text_of, typed
from fediverse_ai.core.texts import _
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.mastodon.profile import COLUMNS, portrait
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of as server_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Wrong
from outbox import links, profile
from outbox.shelves import FeaturedTag

_PATH = "/settings"
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of the page, as typed; `fields` are pairs of name and value."""

    name: str = ""
    summary: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    language: str = ""
    tags: str = ""
    bot: bool = False


async def show(request: Request) -> Response:
    """The page, with what the profile says now."""
    async with server_of(request).database.read() as session:
        account, actor = await frame.mine(session, request)
        form = Form(
            name=actor.name,
            summary=typed(actor.summary),
            fields=tuple((str(one["name"]), text_of(str(one["value"]))) for one in actor.fields),
            language=account.posting.get("language") or "",
            tags=", ".join(f"#{name}" for name in await _tags(session, actor)),
            bot=actor.kind == "Service",
        )
    return _page(request, actor, form)


def _page(request: Request, actor: Actor, form: Form, wrong: Wrong | None = None, status: int = 200) -> Response:
    empty = [("", "")] * (limits.PROFILE_FIELDS - len(form.fields))
    return frame.show(
        request,
        "profile.html",
        status,
        wrong=wrong,
        form=form,
        fields=[*form.fields, *empty][: limits.PROFILE_FIELDS],
        verified=_verified(actor),
        page_url=actor.page_url,
        username=actor.username,
        avatar=actor.icon_url,
        header=actor.image_url,
        most=limits,
    )


def _verified(actor: Actor) -> dict[str, int]:
    """Address as typed -> when its page was seen to link back."""
    found = {}
    for one in actor.fields:
        address = links.address_in(str(one["value"]))
        if address is not None and address in actor.verified:
            found[address] = actor.verified[address]
    return found


async def save(request: Request) -> Response:
    """The whole form, with pictures where some were chosen."""
    context = server_of(request)
    sent = await forms.read_with_files(request, 2 * context.config.media.max_upload_bytes)
    form = _typed(sent)
    async with context.database.read() as session:
        _account, actor = await frame.mine(session, request)
    wrong = _check(form)
    changes: dict[str, Any] = {"name": form.name, "summary": form.summary, "fields": form.fields, "bot": form.bot}
    for kind, column in COLUMNS.items():
        file = sent.file(kind)
        try:
            if file is not None and file.data:
                changes[column] = await portrait(context, kind, file.data)
            elif sent.flag(f"no_{kind}"):
                changes[column] = None
        except RequestError:
            wrong[kind] = _("This file cannot be read as a picture, or it is too large.")
    if wrong:
        return _page(request, actor, form, Wrong(wrong), 422)
    async with context.database.write() as session:
        account, actor = await frame.mine(session, request)
        _keep_language(account, form.language)
        session.add(account)
        await _feature(session, actor, _names(form.tags))
        await profile.edit(session, actor, changes)
    return frame.back(request, _PATH, _("Saved. Servers of your followers are told."))


def _typed(sent: Parameters) -> Form:
    pairs = []
    for number in range(limits.PROFILE_FIELDS):
        name = (sent.text(f"field_name_{number}") or "").strip()
        value = (sent.text(f"field_value_{number}") or "").strip()
        if name or value:
            pairs.append((name, value))
    return Form(
        name=(sent.text("name") or "").strip(),
        summary=(sent.text("summary") or "").replace("\r\n", "\n").strip(),
        fields=tuple(pairs),
        language=(sent.text("language") or "").strip(),
        tags=(sent.text("tags") or "").strip(),
        bot=bool(sent.flag("bot")),
    )


def _check(form: Form) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if len(form.name) > limits.NAME_CHARS:
        wrong["name"] = _("At most %(most)d characters.") % {"most": limits.NAME_CHARS}
    if len(form.summary) > limits.BIO_CHARS:
        wrong["summary"] = _("At most %(most)d characters.") % {"most": limits.BIO_CHARS}
    if any(not name or not value for name, value in form.fields):
        wrong["field_name_0"] = _("A field needs a name and something beside it.")
    if any(len(part) > limits.NAME_CHARS for pair in form.fields for part in pair):
        wrong["field_name_0"] = _("At most %(most)d characters.") % {"most": limits.NAME_CHARS}
    if len(form.language) > limits.LANGUAGE_CHARS or not _LANGUAGE.fullmatch(form.language):
        wrong["language"] = _("Write a language as en, de or pt-BR.")
    if len(_names(form.tags)) > limits.FEATURED_TAGS:
        wrong["tags"] = _("At most %(most)d hashtags.") % {"most": limits.FEATURED_TAGS}
    return wrong


def _names(typed: str) -> list[str]:
    """The hashtags in a line, in lower case; what is none is left out."""
    found = [hashtags.name_of(part) for part in typed.replace(",", " ").split()]
    return list(dict.fromkeys(name.lower() for name in found if name))


def _keep_language(account: Account, language: str) -> None:
    account.posting = {**account.posting, "language": language or None}


async def _tags(session: AsyncSession, actor: Actor) -> list[str]:
    query = select(FeaturedTag.name).where(FeaturedTag.actor_id == actor.id).order_by(col(FeaturedTag.id))
    return list(await session.exec(query))


async def _feature(session: AsyncSession, actor: Actor, names: list[str]) -> None:
    """These hashtags stand on the profile, and no others."""
    known = await _tags(session, actor)
    gone = (col(FeaturedTag.actor_id) == actor.id, col(FeaturedTag.name).not_in(names))
    await session.exec(delete(FeaturedTag).where(*gone))
    context: Context = context_of(session)
    session.add_all(
        FeaturedTag(id=context.ids.new(), actor_id=actor.id, name=name) for name in names if name not in known
    )
    await session.flush()
