"""Post created and changed: others' Notes become rows, if somebody here asked for them."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.core import events, jobs, limits, urls
from fediverse_ai.core.context import context_of
from inbox import groups, polls, quotes, threads, tombstones
from inbox.incoming import Incoming, Outcome
from inbox.notes import keep, mentions_of, replace_parts, write
from outbox import lineage, search, votes
from outbox.models import Post, PostState
from outbox.publish import count_reply, tell_mentioned, tell_subscribers
from outbox.queries import by_uri
from outbox.remote_verdicts import stays_covered


async def created(session: AsyncSession, received: Incoming) -> Outcome:
    """A new Note by the sender, kept when it answers, quotes or mentions ours or somebody here follows its author."""
    admitted = received.object.admitted
    if admitted is None or admitted.owner != received.sender.uri or urls.same_origin(admitted.id, _home(session)):
        return Outcome.DROPPED
    known = await by_uri(session, admitted.id)
    if known is not None and known.author_id == received.sender.id and known.state == PostState.PUBLISHED:
        # It was fetched for a boost or a thread, or its edit came first: only now it speaks to those whom it names.
        await tell_mentioned(session, known, received.sender)
        await tell_subscribers(session, known, received.sender)
    if known is not None or _is_vote(admitted.document):
        return Outcome.IGNORED
    if await tombstones.has_stone(session, admitted.id, received.sender.uri):
        return Outcome.IGNORED
    if not await _is_wanted(session, received.sender, admitted.document):
        return Outcome.IGNORED
    post = await keep(session, received.sender, admitted, received.received_ms)
    await tell_mentioned(session, post, received.sender)
    await tell_subscribers(session, post, received.sender)
    await count_reply(session, post)
    if post.in_reply_to_uri is not None and post.in_reply_to_id is None:
        await jobs.enqueue(session, threads.fetch_ancestors, [post.id], once=f"ancestors:{post.id}")
    return Outcome.DONE


async def changed(session: AsyncSession, received: Incoming) -> Outcome:
    """An edit by the author, if it is newer than what we have; author and audience stay (AUT-15)."""
    admitted = received.object.admitted
    post = await by_uri(session, received.object.uri) if received.object.uri else None
    if post is None:
        return await created(session, received) if _is_young(admitted, received.received_ms) else Outcome.IGNORED
    if admitted is None or post.local or post.author_id != received.sender.id or admitted.id != post.uri:
        return Outcome.DROPPED
    updated = document.timestamp_ms(admitted.document, "updated")
    if post.state != PostState.PUBLISHED:
        return Outcome.IGNORED
    if updated is None or updated <= (post.updated_ms or post.published_ms or 0):
        # Mastodon sends votes, and a stamp that came later, without calling the post edited.
        counted = await _counted(session, post, admitted.document)
        stamped = await quotes.stamped_later(session, post, admitted.document)
        return Outcome.DONE if counted or stamped else Outcome.IGNORED
    post.updated_ms = updated
    before = post.poll
    write(post, admitted.document)
    await votes.changed(session, post, before)
    # What our gate covered stays covered, whatever its author says later (GEN-11).
    post.sensitive = post.sensitive or await stays_covered(session, post.id)
    post.remix_policy = lineage.granted_by(admitted.document, received.sender)
    post.searchable = search.granted_by(admitted.document, received.sender)
    session.add(post)
    await replace_parts(session, post, admitted.document)
    await quotes.want_check(session, post)
    events.publish_after(session, [events.POSTS], "status.update", post.id)
    return Outcome.DONE


async def _counted(session: AsyncSession, post: Post, body: dict[str, Any]) -> bool:
    """New counts of the choices that a poll has: an edit of the choices themselves says so by its time."""
    poll = polls.poll_of(body)
    if poll is None or post.poll is None or poll == post.poll:
        return False
    if [one["title"] for one in poll["options"]] != [one["title"] for one in post.poll["options"]]:
        return False
    before, post.poll = post.poll, poll
    session.add(post)
    await votes.changed(session, post, before)
    return True


def _home(session: AsyncSession) -> str:
    return context_of(session).config.public_url


def _is_young(admitted: Admitted | None, now_ms: int) -> bool:
    """May an Update stand for a Create that it overtook? Edits of old posts are not news (as Mastodon has it)."""
    published = document.timestamp_ms(admitted.document, "published") if admitted is not None else None
    return published is not None and published > now_ms - int(limits.LATE_CREATE_SECONDS * 1000)


def _is_vote(body: dict[str, Any]) -> bool:
    """A Note with a name, a parent and no content is an answer to a poll."""
    named = bool(body.get("name")) and not body.get("content")
    return document.type_of(body) == "Note" and named and document.id_of(body.get("inReplyTo")) is not None


async def _is_wanted(session: AsyncSession, author: Actor, body: dict[str, Any]) -> bool:
    parent_uri = document.id_of(body.get("inReplyTo"))
    parent = await by_uri(session, parent_uri) if parent_uri else None
    if parent is not None and parent.local:
        return not await policy.blocked_between(session, parent.author_id, author.id)
    quoted_uri = quotes.quote_of(body)
    quoted = await by_uri(session, quoted_uri) if quoted_uri else None
    if quoted is not None and quoted.local:
        return not await policy.blocked_between(session, quoted.author_id, author.id)
    mentioned = await queries.by_uris(session, (mention["uri"] for mention in mentions_of(body)))
    for actor in mentioned.values():
        if actor.local and not await policy.blocked_between(session, actor.id, author.id):
            return True
    if parent_uri is not None and await groups.continues(session, parent_uri, _addressed(body)):
        return True
    return await queries.has_local_follower(session, author.id)


def _addressed(body: dict[str, Any]) -> list[str]:
    """The ids among which a group would be; Lemmy and PieFed name it in `audience`."""
    return [uri for key in ("audience", "to", "cc") for uri in document.audience(body, key, limits.JSON_FANOUT_ITEMS)]
