"""Create, edit and retire our actors, and the instance actor that signs our GETs."""

from __future__ import annotations

import re
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import documents, keys, queries
from actors.models import Actor
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import html, limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Unprocessable
from fediverse_ai.core.texts import _

# Letters, digits and underscore only: every peer accepts them.
USERNAME = re.compile(rf"[A-Za-z0-9_]{{1,{limits.USERNAME_CHARS}}}")

# Names that would be mistaken for the server or its staff.
RESERVED = frozenset(
    {"admin", "administrator", "root", "instance", "actor", "moderator", "support", "abuse", "security"}
)


def check_username(username: str) -> str:
    if not USERNAME.fullmatch(username):
        sentence = _("A name may have letters, digits and underscores, at most %(most)d of them.")
        raise Unprocessable(sentence % {"most": limits.USERNAME_CHARS})
    if username.lower() in RESERVED:
        raise Unprocessable(_("The name %(name)s is reserved.") % {"name": username})
    return username


async def create(session: AsyncSession, username: str, *, name: str = "", kind: str = "Person") -> Actor:
    """A new local actor with its key and its rendered document. Raises Unprocessable or Conflict."""
    check_username(username)
    if await queries.by_handle(session, username) is not None:
        raise Conflict(_("The name %(name)s is taken.") % {"name": username})
    base = f"{context_of(session).config.public_url}/users/{username}"
    return await _insert(session, uri=base, username=username, name=name or username, kind=kind, base=base)


async def instance_actor(session: AsyncSession) -> Actor:
    """The server's own actor, made at the first start; type Application, named after the host."""
    config = context_of(session).config
    uri = f"{config.public_url}/actor"
    actor = await queries.by_uri(session, uri)
    if actor is None:
        actor = await _insert(
            session, uri=uri, username=config.host, name=config.server.name, kind="Application", base=uri
        )
    return actor


async def _insert(session: AsyncSession, *, uri: str, username: str, name: str, kind: str, base: str) -> Actor:
    context = context_of(session)
    config = context.config
    now = context.clock.now_ms()
    actor = Actor(
        id=context.ids.new(),
        uri=uri,
        local=True,
        kind=kind,
        username=username,
        username_lower=username.lower(),
        # The server's own actor is found without the help of the domain that people's handles may have.
        host=config.host if kind == "Application" else config.account_host,
        name=name,
        url=f"{config.public_url}/@{username}" if kind != "Application" else f"{config.public_url}/about",
        inbox_url=f"{base}/inbox",
        shared_inbox_url=f"{config.public_url}/inbox",
        outbox_url=f"{base}/outbox",
        followers_uri=f"{base}/followers" if kind != "Application" else None,
        following_uri=f"{base}/following" if kind != "Application" else None,
        featured_uri=f"{base}/collections/featured" if kind != "Application" else None,
        discoverable=kind != "Application",
        published_ms=now,
        fetched_ms=now,
    )
    session.add(actor)
    # The key's foreign key needs the actor's row first; without relationships the ORM does not order them.
    await session.flush()
    actor.document = documents.actor_bytes(config, actor, await keys.make(session, actor))
    await session.flush()
    return actor


async def edit(session: AsyncSession, actor: Actor, changes: dict[str, Any]) -> Actor:
    """Change name, summary (plain text), fields, pictures or flags of a local actor and render its document again.

    `fields` are pairs of plain texts, `icon_url` and `image_url` our own addresses or None, `quote_policy` one of
    anyone, followers, nobody.
    """
    if "name" in changes:
        actor.name = str(changes["name"])[: limits.NAME_CHARS]
    if "summary" in changes:
        written = str(changes["summary"])[: limits.BIO_CHARS]
        actor.summary = hashtags.linked(written, context_of(session).config.public_url)
    if "fields" in changes:
        actor.fields = [
            {
                "type": "PropertyValue",
                "name": name,
                "value": _of_the_same_person(html.paragraphs(value).removeprefix("<p>").removesuffix("</p>")),
            }
            for name, value in changes["fields"]
        ]
    for picture in ("icon_url", "image_url"):
        if picture in changes:
            setattr(actor, picture, changes[picture])
    if "bot" in changes and actor.kind in ("Person", "Service"):
        actor.kind = "Service" if changes["bot"] else "Person"
    if changes.get("quote_policy") in ("anyone", "followers", "nobody"):
        actor.quote_policy = changes["quote_policy"]
    for flag in ("manually_approves", "discoverable", "indexable", "hides_relations", "authorized_fetch"):
        if flag in changes:
            setattr(actor, flag, bool(changes[flag]))
    await render(session, actor)
    return actor


def _of_the_same_person(value: str) -> str:
    """Links of a profile's field say that both pages are one person's (rel=me), which others look for."""
    return value.replace(' rel="', ' rel="me ')


async def render(session: AsyncSession, actor: Actor) -> None:
    """Write the actor's document anew, from its row, its keys and those that they replaced a while ago."""
    found = await queries.keys_of(session, actor.id) + await queries.replaced_keys_of(session, actor.id)
    actor.document = documents.actor_bytes(context_of(session).config, actor, found)
    session.add(actor)
