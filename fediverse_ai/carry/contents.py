"""What an archive says in JSON: the actor, posts with recipe and verdicts, likes, bookmarks, consents, account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import apps, documents
from actors.models import Account, Actor, Login
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from outbox import albums, collected, gathered
from outbox.belongings import Lineage, Upload
from outbox.consent import TrainingConsent
from outbox.models import Activity, Attachment, Judgement, Post, PostState, Reaction, ReactionKind, Revision, Visibility
from outbox.rulings import Appeal
from outbox.shelves import OwnItem

Json = dict[str, Any]


def actor_of(actor: Actor) -> Json:
    """The actor document as served; no private key leaves (D24)."""
    return document.parse(actor.document or b"{}")


async def activities(context: Context, actor: Actor) -> AsyncIterator[bytes]:
    """Every activity of the outbox, the private ones too, oldest first, as the bytes that were sent."""
    after = 0
    while True:
        async with context.database.read() as session:
            query = select(Activity.id, Activity.body).where(Activity.actor_id == actor.id, col(Activity.id) > after)
            wanted = query.where(col(Activity.type).in_(("Create", "Announce")))
            rows = list(await session.exec(wanted.order_by(col(Activity.id)).limit(limits.ARCHIVE_ROWS)))
        for row_id, body in rows:
            after = row_id
            yield body
        if len(rows) < limits.ARCHIVE_ROWS:
            return


async def liked(session: AsyncSession, actor: Actor) -> list[str]:
    query = select(Post.uri).join(Reaction, col(Reaction.post_id) == col(Post.id))
    mine = query.where(Reaction.actor_id == actor.id, Reaction.kind == ReactionKind.LIKE)
    return list(await session.exec(mine.order_by(col(Reaction.id))))


async def gathered_by(session: AsyncSession, actor: Actor) -> list[Json]:
    """The collections that somebody made, private ones too: words, whether they are public, and ids in order."""
    found = []
    for row in await albums.all_of(session, actor, actor.id):
        rows = await session.exec(gathered.items_of(row).order_by(col(OwnItem.position).desc()))
        items = [uri for _place, uri in rows]
        told = collected.described(actor, row) | {"totalItems": len(items), "public": collected.is_public(row)}
        del told["first"]
        found.append(told | {"orderedItems": items})
    return found


def collection(actor: Actor, name: str, items: list[Any]) -> Json:
    return {
        "@context": vocabulary.AS_CONTEXT,
        "id": f"{name}.json",
        "type": "OrderedCollection",
        "attributedTo": actor.uri,
        "totalItems": len(items),
        "orderedItems": items,
    }


async def posts(context: Context, actor: Actor) -> AsyncIterator[tuple[Post, list[Attachment], Json]]:
    """Each post that was not deleted, in whatever state, with its pictures and what an archive says of it."""
    after = 0
    while True:
        async with context.database.read() as session:
            query = select(Post).where(Post.author_id == actor.id, Post.state != PostState.DELETED)
            further = query.where(col(Post.id) > after).order_by(col(Post.id)).limit(limits.ARCHIVE_ROWS)
            page = list(await session.exec(further))
            told = await _told(session, page)
        for post in page:
            after = post.id
            yield post, *told[post.id]
        if len(page) < limits.ARCHIVE_ROWS:
            return


async def _told(session: AsyncSession, page: list[Post]) -> dict[int, tuple[list[Attachment], Json]]:
    ids = [post.id for post in page]
    by_post: dict[int, dict[str, list[Any]]] = {key: {} for key in ids}
    for model in (Attachment, Judgement, Revision, TrainingConsent, Lineage, Appeal):
        rows: Any = select(model).where(col(model.post_id).in_(ids)).order_by(col(model.id))
        for row in await session.exec(rows):
            by_post[row.post_id].setdefault(model.__name__, []).append(row)
    return {post.id: (by_post[post.id].get("Attachment", []), _post(post, by_post[post.id])) for post in page}


def _post(post: Post, parts: dict[str, list[Any]]) -> Json:
    return {
        "id": post.uri,
        "state": post.state,
        "visibility": post.visibility,
        "text": post.text,
        "content": post.content,
        "warning": post.summary,
        "sensitive": post.sensitive,
        "language": post.language,
        "in_reply_to": post.in_reply_to_uri,
        "made_from": [row.parent_uri for row in parts.get("Lineage", [])],
        "created": documents.iso(post.created_ms),
        "published": _moment(post.published_ms),
        "request": post.request,
        "refused_because": post.reason,
        "rule": post.rule,
        "disclosure": post.disclosure,
        "remix_policy": post.remix_policy,
        "pictures": [_picture(row) for row in parts.get("Attachment", [])],
        "verdicts": [_verdict(row) for row in parts.get("Judgement", [])],
        "appeals": [{"text": row.text, "created": documents.iso(row.created_ms)} for row in parts.get("Appeal", [])],
        "versions": [
            {"text": row.text, "state": row.state, "created": documents.iso(row.created_ms)}
            for row in parts.get("Revision", [])
        ],
        "training_consents": [
            {"choice": row.choice, "chosen": documents.iso(row.created_ms)} for row in parts.get("TrainingConsent", [])
        ],
    }


def media_name(file: str) -> str:
    """Where a file of our storage lies in the archive."""
    return f"media_attachments/files/{file}"


def _picture(row: Attachment) -> Json:
    return {
        "file": media_name(row.file) if row.file else None,
        "alt": row.alt,
        "origin": row.origin,
        "media_type": row.media_type,
        "width": row.width,
        "height": row.height,
        "sha256": row.sha256,
        "recipe": row.recipe,
    }


def _verdict(row: Judgement) -> Json:
    """As its author may know it; who of the moderators decided stays here."""
    return {
        "decision": row.decision,
        "rule": row.rule,
        "reason": row.reason,
        "policy": row.policy_version,
        "decided_by": "policy" if row.decided_by_id is None else "moderator",
        "digests": row.digests,
        "decided": documents.iso(row.created_ms),
    }


async def received(session: AsyncSession, actor: Actor) -> list[Json]:
    """Direct posts that others sent to this person: what was said to them, and nothing else of others."""
    query = (
        select(Post, Actor)
        .join(Actor, col(Actor.id) == col(Post.author_id))
        .where(Post.visibility == Visibility.DIRECT, Post.state == PostState.PUBLISHED, Post.author_id != actor.id)
        .order_by(col(Post.id))
    )
    found = []
    for post, author in await session.exec(query):
        if any(one.get("uri") == actor.uri for one in post.mentions) or actor.uri in post.to:
            sent = _moment(post.published_ms)
            found.append({"id": post.uri, "from": author.handle, "content": post.content, "sent": sent})
    return found


async def uploads(session: AsyncSession, actor: Actor) -> list[Upload]:
    """Pictures that were brought and are in no post."""
    mine = (Upload.actor_id == actor.id, col(Upload.post_id).is_(None), col(Upload.file_name).is_not(None))
    return list(await session.exec(select(Upload).where(*mine).order_by(col(Upload.id))))


async def account_of(session: AsyncSession, account: Account, actor: Actor) -> Json:
    """Settings, sessions and apps; no password, no secret, nothing that opens anything."""
    logins = select(Login).where(Login.account_id == account.id, Login.kind == "session").order_by(col(Login.id))
    return {
        "name": actor.username,
        "role": account.role,
        "created": documents.iso(account.created_ms),
        "settings": {
            "posting": account.posting,
            "disclosure": account.disclosure,
            "remix_policy": account.remix_policy,
            "training": account.training,
            "direct_from": account.direct_from,
            "quote_policy": actor.quote_policy,
            "notifications": account.told,
            "appearance": account.appearance,
            "carry_follows": account.carry_follows,
        },
        "sessions": [
            {"browser": row.name, "since": documents.iso(row.created_ms)} for row in await session.exec(logins)
        ],
        "apps": [
            {"name": app.name, "scopes": token.scopes, "since": documents.iso(token.created_ms)}
            for app, token in await apps.apps_of(session, account.id)
        ],
    }


def _moment(ms: int | None) -> str | None:
    return documents.iso(ms) if ms is not None else None
