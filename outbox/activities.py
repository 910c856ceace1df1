"""One function per activity that we send; complete originals are embedded where peers need them."""

from __future__ import annotations

from typing import Any

from actors.documents import iso
from actors.models import Actor, Follow
from fediverse_ai.activitypub.vocabulary import AS_CONTEXT, PUBLIC, context_for
from fediverse_ai.core.context import Context
from outbox.documents import note_context
from outbox.models import Post

Json = dict[str, Any]


def new_uri(context: Context) -> str:
    """The id of a new activity: on our origin, without a fragment, never used twice."""
    return f"{context.config.public_url}/activities/{context.ids.new()}"


def _activity(uri: str, kind: str, actor: Actor, obj: Any, to: list[str], cc: list[str] | None = None) -> Json:
    body = {"@context": AS_CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, "to": to}
    # An empty list too, where there is one: peers compare the audience of a Create with that of its Note.
    return body if cc is None else body | {"cc": cc}


def create_uri(context: Context, post: Post) -> str:
    """The id that the Create of a post of ours has, known before there is one: ids of rows are used once."""
    return f"{context.config.public_url}/activities/{post.id}"


def create(context: Context, post: Post, author: Actor, note: Json) -> Json:
    """The whole Note is embedded; audience and time are the Note's own."""
    body = _activity(create_uri(context, post), "Create", author, note, post.to, post.cc)
    return body | {"@context": note_context(context.config), "published": iso(post.published_ms or post.created_ms)}


def delete(context: Context, post: Post, author: Actor) -> Json:
    tombstone = {"id": post.uri, "type": "Tombstone", "formerType": "Note"}
    # Those who may know of a post may know of its end; a private one's deletion is not announced to the world.
    to = [PUBLIC] if PUBLIC in (*post.to, *post.cc) else post.to
    return _activity(new_uri(context), "Delete", author, tombstone, to, post.cc)


def update_uri(context: Context, revision_id: int) -> str:
    """The id that the Update of an edit has, known before the edit was judged."""
    return f"{context.config.public_url}/activities/{revision_id}"


def update(context: Context, post: Post, author: Actor, note: Json, uri: str | None = None) -> Json:
    """An edit: the whole Note, whose `updated` is later than before."""
    body = _activity(uri or new_uri(context), "Update", author, note, post.to, post.cc)
    return body | {"@context": note_context(context.config), "published": iso(post.updated_ms or post.created_ms)}


def update_actor(context: Context, actor: Actor, document: Json) -> Json:
    body = {name: value for name, value in document.items() if name != "@context"}
    return _activity(new_uri(context), "Update", actor, body, [PUBLIC]) | {"@context": document["@context"]}


def follow_object(follow_uri: str, follower_uri: str, followed_uri: str) -> Json:
    return {"id": follow_uri, "type": "Follow", "actor": follower_uri, "object": followed_uri}


def follow(follow: Follow, follower: Actor, followed: Actor) -> Json:
    return _activity(follow.uri, "Follow", follower, followed.uri, [followed.uri])


def accept_follow(context: Context, follow_uri: str, follower: Actor, followed: Actor) -> Json:
    original = follow_object(follow_uri, follower.uri, followed.uri)
    return _activity(new_uri(context), "Accept", followed, original, [follower.uri])


def reject_follow(context: Context, follow_uri: str, follower: Actor, followed: Actor) -> Json:
    original = follow_object(follow_uri, follower.uri, followed.uri)
    return _activity(new_uri(context), "Reject", followed, original, [follower.uri])


def vote(context: Context, actor: Actor, poll: Post, author: Actor, uri: str, choice: str, now_ms: int) -> Json:
    """A vote: a Note with a name and no content, for the poll's author alone (as Mastodon has it)."""
    note = {
        "id": uri,
        "type": "Note",
        "name": choice,
        "attributedTo": actor.uri,
        "inReplyTo": poll.uri,
        "published": iso(now_ms),
        "to": [author.uri],
        "cc": [],
    }
    return _activity(new_uri(context), "Create", actor, note, [author.uri], []) | {"published": iso(now_ms)}


def undo(context: Context, actor: Actor, original: Json, to: list[str], cc: list[str] | None = None) -> Json:
    """`original` is embedded whole with its id: it may not be possible to fetch it."""
    inner = {name: value for name, value in original.items() if name != "@context"}
    return _activity(new_uri(context), "Undo", actor, inner, to, cc)


def block(uri: str, actor: Actor, target: Actor) -> Json:
    return _activity(uri, "Block", actor, target.uri, [target.uri])


def move(context: Context, actor: Actor, target: Actor) -> Json:
    followers = actor.followers_uri or f"{actor.uri}/followers"
    return _activity(new_uri(context), "Move", actor, actor.uri, [followers]) | {"target": target.uri}


def add(context: Context, actor: Actor, post: Post, collection: str) -> Json:
    """A pin: `target` is the actor's featured collection, which is all that peers look at."""
    followers = actor.followers_uri or f"{actor.uri}/followers"
    body = _activity(new_uri(context), "Add", actor, post.uri, [PUBLIC], [followers])
    return body | {"target": collection}


def remove(context: Context, actor: Actor, post: Post, collection: str) -> Json:
    followers = actor.followers_uri or f"{actor.uri}/followers"
    body = _activity(new_uri(context), "Remove", actor, post.uri, [PUBLIC], [followers])
    return body | {"target": collection}


def quote_request(context: Context, actor: Actor, owner: Actor, quoted: Post, instrument: Json | str) -> Json:
    """May this post (`instrument`, whole or its id) quote yours? (FEP-044f)"""
    body = _activity(new_uri(context), "QuoteRequest", actor, quoted.uri, [owner.uri]) | {"instrument": instrument}
    return body | {"@context": note_context(context.config)}


def answer_quote(context: Context, author: Actor, quoter: Actor, request: Json, stamp_uri: str | None) -> Json:
    """Accept with the stamp as `result`, or Reject."""
    uri, to = new_uri(context), [quoter.uri]
    if stamp_uri is None:
        body = _activity(uri, "Reject", author, request, to)
    else:
        body = _activity(uri, "Accept", author, request, to) | {"result": stamp_uri}
    return body | {"@context": note_context(context.config)}


def delete_stamp(context: Context, author: Actor, post: Post, stamp_uri: str) -> Json:
    """A consent to a quote is taken back; for those who may know of the quoted post."""
    to = [PUBLIC] if PUBLIC in (*post.to, *post.cc) else post.to
    body = _activity(new_uri(context), "Delete", author, {"id": stamp_uri, "type": "QuoteAuthorization"}, to, post.cc)
    return body | {"@context": note_context(context.config)}


def delete_actor(context: Context, actor: Actor) -> Json:
    """The actor itself, by its id alone, as Mastodon has it."""
    return _activity(new_uri(context), "Delete", actor, actor.uri, [PUBLIC])


def flag(uri: str, instance: Actor, target: Actor, posts: list[str], comment: str) -> Json:
    """From the server's own actor, with the person first and then the posts, as Mastodon reads it."""
    return _activity(uri, "Flag", instance, [target.uri, *posts], [target.uri]) | {"content": comment}


def like(uri: str, actor: Actor, post: Post, author: Actor, emoji: str | None = None) -> Json:
    """A like; with an emoji a reaction, as Misskey spells it."""
    body = _activity(uri, "Like", actor, post.uri, [author.uri])
    return body if emoji is None else body | {"content": emoji}


def emoji_react(uri: str, actor: Actor, post: Post, author: Actor, emoji: str) -> Json:
    """A reaction as Pleroma spells it (FEP-c0e0); servers that do not know it pass it over."""
    body = _activity(uri, "EmojiReact", actor, post.uri, [author.uri])
    return body | {"@context": context_for("EmojiReact"), "content": emoji}


def announce(uri: str, actor: Actor, post: Post, author: Actor, published_ms: int, *, quiet: bool = False) -> Json:
    """A boost; a quiet one names Public second, as a quiet post does."""
    followers = actor.followers_uri or f"{actor.uri}/followers"
    to, cc = ([followers], [PUBLIC, author.uri]) if quiet else ([PUBLIC], [followers, author.uri])
    return _activity(uri, "Announce", actor, post.uri, to, cc) | {"published": iso(published_ms)}
