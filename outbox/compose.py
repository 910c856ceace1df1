"""compose(session, author, draft) -> Post: the one entry for every door."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy
from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Forbidden, Missing, Unprocessable
from fediverse_ai.core.failpoints import fp
from generation.types import ImageRequest
from outbox import quote
from outbox.models import Post, PostState, Visibility
from outbox.prepare import prepare
from outbox.visibility import may_see

SEED_BYTES = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """What a door gathered from its form. With a `prompt` a picture is made; without one it is text alone."""

    text: str = ""
    prompt: str | None = None
    negative_prompt: str = ""
    generator: str | None = None
    seed: int | None = None
    style: str | None = None
    width: int = 1024
    height: int = 1024
    alt_text: str = ""
    summary: str | None = None
    sensitive: bool = False
    visibility: str | None = None
    in_reply_to_id: int | None = None
    quote_id: int | None = None
    language: str | None = "en"
    client_key: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


async def compose(session: AsyncSession, author: Actor, draft: Draft) -> Post:
    """Store a post in state `waiting` with the job that prepares it. The same client key gives the same post.

    Raises Unprocessable for what cannot be posted, Forbidden for an author who may not, Missing for a reply to
    something the author cannot see.
    """
    context = context_of(session)
    _check(author, draft)
    if draft.client_key is not None:
        known = select(Post).where(Post.author_id == author.id, Post.client_key == draft.client_key)
        if (post := (await session.exec(known)).first()) is not None:
            return post
    parent = await _parent(session, author, draft)
    post = _row(context, author, draft, parent)
    post.quote_uri = await _quoted(session, author, draft)
    session.add(post)
    await session.flush()
    await jobs.enqueue(session, prepare, [post.id], once=f"prepare:{post.id}", soon=True)
    fp("compose.before_commit")
    return post


def _check(author: Actor, draft: Draft) -> None:
    if not author.local or not policy.living(author):
        raise Forbidden("This account cannot post.")
    if draft.prompt is not None and not draft.prompt.strip():
        raise Unprocessable("The prompt is empty: say what the picture should show.")
    if draft.prompt is None and not draft.text.strip():
        raise Unprocessable("There is nothing to post: write something or give a prompt.")
    bounds = (
        ("The prompt", draft.prompt or "", limits.PROMPT_CHARS),
        ("The text", draft.text, limits.POST_TEXT_CHARS),
        ("The description", draft.alt_text, limits.ALT_TEXT_CHARS),
        ("The content warning", draft.summary or "", limits.NAME_CHARS),
    )
    for name, value, most in bounds:
        if len(value) > most:
            raise Unprocessable(f"{name} is too long: {len(value)} characters, and {most} are allowed.")
    if draft.visibility is not None and draft.visibility not in {item.value for item in Visibility}:
        raise Unprocessable(f"There is no visibility called {draft.visibility}.")


async def _parent(session: AsyncSession, author: Actor, draft: Draft) -> Post | None:
    if draft.in_reply_to_id is None:
        return None
    parent = await session.get(Post, draft.in_reply_to_id)
    if parent is None or parent.state != PostState.PUBLISHED or not await may_see(session, author, parent):
        raise Missing("The post you answer does not exist (any more).")
    return parent


async def _quoted(session: AsyncSession, author: Actor, draft: Draft) -> str | None:
    if draft.quote_id is None:
        return None
    quoted = await session.get(Post, draft.quote_id)
    if quoted is None or quoted.state != PostState.PUBLISHED or not await may_see(session, author, quoted):
        raise Missing("The post you quote does not exist (any more).")
    if not await quote.can_be_quoted(session, author, quoted):
        raise Unprocessable("Only public posts can be quoted.")
    return quoted.uri


def _row(context: Context, author: Actor, draft: Draft, parent: Post | None) -> Post:
    post_id = context.ids.new()
    base = context.config.public_url
    return Post(
        id=post_id,
        uri=f"{base}/notes/{post_id}",
        url=f"{base}/@{author.username}/{post_id}",
        local=True,
        author_id=author.id,
        state=PostState.WAITING,
        visibility=draft.visibility or Visibility.QUIET,
        text=draft.text.strip(),
        summary=(draft.summary or "").strip() or None,
        sensitive=draft.sensitive,
        language=draft.language,
        in_reply_to_uri=parent.uri if parent else None,
        in_reply_to_id=parent.id if parent else None,
        # A thread keeps the context of its first post; ours begin one of our own (FEP-7888).
        context_uri=(parent.context_uri if parent else None) or f"{base}/contexts/{post_id}",
        created_ms=context.clock.now_ms(),
        client_key=draft.client_key,
        request=_request(context, draft),
        progress={"fraction": None, "words": "waiting for its turn"} if draft.prompt else None,
    )


def _request(context: Context, draft: Draft) -> dict[str, Any] | None:
    """The order for the generator, with its seed drawn now, so that a second run makes the same picture."""
    if draft.prompt is None:
        return None
    seed = draft.seed if draft.seed is not None else int.from_bytes(context.clock.token(SEED_BYTES))
    request = ImageRequest(
        prompt=draft.prompt.strip(),
        negative_prompt=draft.negative_prompt,
        seed=seed,
        width=draft.width,
        height=draft.height,
        style=draft.style,
    )
    return {"image": asdict(request), "generator": draft.generator, "alt_text": draft.alt_text.strip()}
