"""What a client does with posts: make, change, remove, like, boost, pin, report; and with its own account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import apps, queries
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.emoji import SHORTCODE, emoji_of
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Forbidden, Malformed, Missing, Unprocessable
from outbox import (
    activities,
    changes,
    documents,
    drafting,
    edit,
    gathered,
    move,
    named,
    pending,
    pick,
    pin,
    profile,
    publish,
    react,
    report,
)
from outbox.compose import compose
from outbox.models import Post, PostState, Reaction, ReactionKind, Visibility
from outbox.named import Done
from outbox.queries import by_uri
from outbox.send import original, record
from outbox.shelves import OwnCollection
from outbox.visibility import OPEN
from outbox.wish import Wish, addressing, objects_of

Json = dict[str, Any]


async def created(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """A post: words, pictures brought along, or a picture to be made. It waits for the gate like every other."""
    to = addressing(wish, actor)
    draft = await drafting.draft(session, actor, wish, to)
    known = await _by_key(session, actor, draft.client_key)
    if known is not None:
        return Done(await of_post(session, actor, known), new=False)
    people = await _people(session, to.people)
    hidden = await _people(session, to.hidden)
    post = await compose(session, actor, draft)
    post.mentions = [{"uri": one.uri, "handle": one.handle, "url": one.page_url} for one in people]
    post.bcc = [one.uri for one in hidden]
    post.app = await apps.said(session, wish.app_id)
    session.add(post)
    await session.flush()
    return Done(await pending.create(session, post, actor))


async def of_post(session: AsyncSession, actor: Actor, post: Post) -> Json:
    """The Create of a post of one's own: as it went out, or as it will."""
    sent = await original(session, post.activity_uri) if post.activity_uri else None
    return sent if sent is not None else await pending.create(session, post, actor)


async def _by_key(session: AsyncSession, actor: Actor, key: str | None) -> Post | None:
    if key is None:
        return None
    return (await session.exec(select(Post).where(Post.author_id == actor.id, Post.client_key == key))).first()


async def _people(session: AsyncSession, uris: Sequence[str]) -> list[Actor]:
    """Those that are addressed by name. Raises Unprocessable for an id that is no actor we know by now."""
    found = await queries.by_uris(session, uris)
    for uri in uris:
        if uri not in found or found[uri].kind == "Application":
            raise Unprocessable(f"Nobody can be reached as {uri}: address people, your followers, or everybody.")
    return [found[uri] for uri in uris]


async def changed(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """An edit, judged like a new post; of several pictures to pick from, the choice."""
    post = await named.post_of(session, actor, wish.object_uri)
    if post.author_id != actor.id:
        raise Forbidden("This is not your post.")
    context = context_of(session)
    attachments = await documents.attachments_of(session, post.id)
    if post.state == PostState.PICK:
        await pick.pick(session, actor, post, changes.chosen(wish.object, attachments, context.storage.url))
        return Done(await pending.create(session, post, actor))
    change = changes.of_post(post, wish.object, attachments, context.storage.url)
    revision = await edit.edit(session, actor, post, change)
    stored = document.parse(post.document) if post.document is not None else {}
    body = {name: value for name, value in stored.items() if name != "@context"}
    told = {name: wish.object[name] for name in ("content", "summary", "sensitive") if name in wish.object}
    update = activities.update(context, post, actor, body | told, activities.update_uri(context, revision.id))
    waits = {"state": str(revision.state), "progress": f"{post.uri}/progress"}
    update["object"] |= waits
    return Done(update | {"@context": pending.context_of_pending(context.config)})


async def profile_changed(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    if wish.object_uri != actor.uri:
        raise Forbidden("This is not your account.")
    await profile.edit(session, actor, changes.of_profile(actor, wish.object))
    return await named.done(session, actor, "Update", actor.uri)


async def deleted(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    if wish.object_uri == actor.uri:
        raise Forbidden("An account is not deleted by an app.")
    if (own := await gathered.of(session, actor, wish.object_uri)) is not None:
        return await gathered.deleted(session, actor, own)
    post = await named.post_of(session, actor, wish.object_uri)
    if post.author_id != actor.id:
        raise Forbidden("This is not your post.")
    was_out = post.state == PostState.PUBLISHED
    await publish.remove(session, post)
    if not was_out:
        body = activities.delete(context_of(session), post, actor) | {"to": [], "cc": []}
        await record(session, actor, body, object_uri=post.uri)
    return await named.done(session, actor, "Delete", post.uri)


async def liked(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """A like, or a reaction with one emoji: an EmojiReact, or a Like with `content` (FEP-c0e0). The first one stays."""
    emoji = emoji_of(wish.activity)
    if emoji is None and (wish.type == "EmojiReact" or wish.activity.get("content")):
        raise Unprocessable("Say one emoji in `content`.")
    if emoji is not None and SHORTCODE.fullmatch(emoji):
        raise Unprocessable("This server has no emoji of its own.")
    return await _reacted(session, actor, wish, ReactionKind.LIKE, emoji)


async def announced(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    to = addressing(wish, actor)
    if to.given and to.visibility not in OPEN and (to.people or to.hidden or to.visibility == Visibility.FOLLOWERS):
        raise Unprocessable("Boosts are public here: address everybody, or nobody.")
    return await _reacted(session, actor, wish, ReactionKind.BOOST)


async def _reacted(
    session: AsyncSession, actor: Actor, wish: Wish, kind: ReactionKind, emoji: str | None = None
) -> Done:
    post = await named.post_of(session, actor, wish.object_uri)
    if post.state != PostState.PUBLISHED:
        raise Missing(named.NO_POST)
    known = await react.reaction_of(session, actor.id, post.id, kind)
    if known is None and kind is ReactionKind.LIKE:
        await react.like(session, actor, post, emoji=emoji, as_react=wish.type == "EmojiReact")
    elif known is None:
        await react.boost(session, actor, post)
    found = known or await react.reaction_of(session, actor.id, post.id, kind)
    sent = await original(session, found.uri) if found is not None else None
    if sent is None:
        raise LookupError(f"the {kind} of {post.uri} was not recorded")
    return Done(sent, new=known is None)


async def like_undone(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    return await _taken_back(session, actor, wish, ReactionKind.LIKE)


async def announce_undone(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    return await _taken_back(session, actor, wish, ReactionKind.BOOST)


async def _taken_back(session: AsyncSession, actor: Actor, wish: Wish, kind: ReactionKind) -> Done:
    found = await named.by_id(session, Reaction, wish.object_uri)
    if found is None or found.actor_id != actor.id or found.kind != kind:
        post = await by_uri(session, document.id_of(wish.object.get("object")) or "")
        found = await react.reaction_of(session, actor.id, post.id, kind) if post is not None else None
    post = await session.get(Post, found.post_id) if found is not None else None
    if post is None:
        raise Missing(named.NOTHING)
    await react.take_back(session, actor, post, kind)
    return await named.done(session, actor, "Undo", post.uri)


async def _target(session: AsyncSession, actor: Actor, wish: Wish) -> OwnCollection | None:
    """The collection that the client made and means; None for the featured one. Raises Malformed, Forbidden."""
    target = document.id_of(wish.activity.get("target"))
    if target is None:
        raise Malformed("Say in `target` which collection is meant.")
    own = await gathered.of(session, actor, target)
    if own is None and target != pin.featured_uri(actor):
        raise Forbidden("Of your collections only the featured posts, and those that you made, can be changed.")
    return own


async def pinned(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    if (own := await _target(session, actor, wish)) is not None:
        return await gathered.added(session, actor, own, wish.object_uri)
    post = await named.post_of(session, actor, wish.object_uri)
    new = post.pinned_ms is None
    await pin.pin(session, actor, post)
    sent = await named.latest(session, actor, "Add", post.uri)
    return Done(sent or activities.add(context_of(session), actor, post, pin.featured_uri(actor)), new)


async def unpinned(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    if (own := await _target(session, actor, wish)) is not None:
        return await gathered.removed(session, actor, own, wish.object_uri)
    post = await named.post_of(session, actor, wish.object_uri)
    if post.author_id != actor.id or post.pinned_ms is None:
        raise Missing(named.NOTHING)
    await pin.unpin(session, actor, post)
    return await named.done(session, actor, "Remove", post.uri)


async def flagged(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """A report for our moderators; addressed to the person or their server, for theirs as well, without a name."""
    uris = objects_of(wish)
    people = list((await queries.by_uris(session, uris)).values())
    posts = [await named.post_of(session, actor, uri) for uri in uris if uri not in {one.uri for one in people}]
    owners = {one.id for one in people} | {post.author_id for post in posts}
    target = await queries.by_id(session, owners.pop()) if len(owners) == 1 else None
    if target is None:
        raise Unprocessable("Report one person at a time, with posts of theirs.")
    words = document.text(wish.activity, "content") or ""
    forward = target.uri in document.audience(wish.activity, "to")
    made = await report.report(session, actor, target, posts, drafting.plain(words), forward=forward)
    return Done(activities.flag(made.uri, actor, target, [post.uri for post in posts], words) | {"to": []})


async def moved(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    if wish.object_uri != actor.uri:
        raise Forbidden("This is not your account.")
    target = await named.actor_of(session, document.id_of(wish.activity.get("target")))
    await move.move(session, actor, target)
    return await named.done(session, actor, "Move", target.uri)
