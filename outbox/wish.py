"""What a client posts to its outbox, read: wrapped in an activity, attributed, addressed; nothing is looked up yet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from actors.models import Actor
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.activitypub.document import Document
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, Unprocessable
from fediverse_ai.core.texts import _
from outbox.models import Visibility

ADDRESSES = ("to", "bto", "cc", "bcc", "audience")
# What makes an object an activity, whatever its type is called (drafts of the ActivityPub API).
_OF_ACTIVITIES = frozenset({"actor", "object", "target", "result", "origin", "instrument"})
# A client never brings keys or proofs (FEP-fe34): what they say would be said in the server's name.
_KEYS = frozenset({"publicKey", "publicKeyPem", "publicKeyMultibase", "assertionMethod", "proof", "signature"})
# The problem types of FEP-c180.
PROBLEMS = "https://w3id.org/fep/c180#"
# A quoted post, in the spellings that the fediverse has for it.
QUOTES = ("quote", "quoteUri", "quoteUrl", "_misskey_quote")


@dataclass(frozen=True, slots=True)
class Addressing:
    """Who an activity is for: a visibility of ours, people beside it, and those who are not to be shown."""

    visibility: Visibility = Visibility.DIRECT
    people: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    given: bool = False
    """Did the client address it at all?"""


@dataclass(frozen=True, slots=True)
class Wish:
    """One activity that a client asks for. `key` makes the same wish, sent again, the same thing."""

    type: str
    activity: Document
    object: Document = field(default_factory=dict)
    """The object where it is embedded."""
    object_uri: str | None = None
    key: str | None = None
    app_id: int | None = None
    """The app that asks."""

    @property
    def object_type(self) -> str | None:
        """As the client says; an actor type is `Actor` to the table."""
        kind = document.type_of(self.object)
        return "Actor" if kind in vocabulary.ACTOR_TYPES else kind


def read(body: Document, actor: Actor, key: str | None = None) -> Wish:
    """A bare object becomes its Create, with its addresses. `key` is the client's Idempotency-Key.

    An id that the client chose is not kept; without a key it serves as one. Raises Malformed for what is no activity,
    is somebody else's, or brings keys.
    """
    activity = body if _is_activity(body) else _wrapped(body)
    kind = document.type_of(activity)
    if kind is None:
        raise Malformed("Say the `type` of the activity: one.")
    value = activity.get("object")
    if isinstance(value, list) and kind != "Flag":
        if len(value) != 1:
            raise Malformed("Send one object at a time.")
        value = value[0]
    inner: Document = value if isinstance(value, dict) else {}
    _check_owner(activity, inner, actor)
    key = key or document.id_of(activity) or (document.id_of(inner) if kind == "Create" else None)
    # Short enough for `client_key`, with the word before it.
    digest = hashlib.blake2b(key.encode(), digest_size=24).hexdigest() if key else None
    return Wish(kind, activity, inner, document.id_of(value), f"c2s:{digest}" if digest else None)


def _is_activity(body: Document) -> bool:
    return document.type_of(body) in vocabulary.ACTIVITY_TYPES or not _OF_ACTIVITIES.isdisjoint(body)


def _wrapped(body: Document) -> Document:
    inner = {name: value for name, value in body.items() if name != "@context"}
    addresses = {name: body[name] for name in ADDRESSES if name in body}
    return {"type": "Create", "object": inner, **addresses}


def _check_owner(activity: Document, inner: Document, actor: Actor) -> None:
    named = document.id_of(activity.get("actor"))
    if activity.get("actor") is not None and named != actor.uri:
        raise mismatch("The `actor` of what you send is yourself.", f"actor {named}")
    if document.type_of(activity) in ("Create", "Update") and inner.get("attributedTo") is not None:
        author = document.id_of(inner["attributedTo"])
        if author != actor.uri:
            raise mismatch("What you create is attributed to yourself.", f"attributedTo {author}")
    brought = _KEYS.intersection(activity) or (_KEYS.intersection(inner) if inner.get("id") != actor.uri else ())
    if brought:
        raise Malformed(f"A client cannot set `{sorted(brought)[0]}`.")


def mismatch(public: str, detail: str) -> Malformed:
    """Somebody else is named as the author of what is sent."""
    error = Malformed(public, detail)
    error.problem_type = f"{PROBLEMS}principal-actor-mismatch"
    return error


def addressing(wish: Wish, actor: Actor) -> Addressing:
    """The addresses of an activity and its object together, as one of our four visibilities and people beside it.

    Raises Unprocessable for an audience that we could only serve by changing it.
    """
    found = {
        name: list(dict.fromkeys([*document.audience(wish.activity, name), *document.audience(wish.object, name)]))
        for name in ADDRESSES
    }
    followers = actor.followers_uri or f"{actor.uri}/followers"
    open_, hidden = [*found["to"], *found["cc"], *found["audience"]], [*found["bto"], *found["bcc"]]
    if PUBLIC in hidden or followers in hidden:
        raise Unprocessable("Whole collections cannot be addressed in secret: put them into `to` or `cc`.")
    mine = f"{actor.uri}/"
    people = [uri for uri in dict.fromkeys(open_) if uri not in (PUBLIC, followers, actor.uri)]
    secret = [uri for uri in hidden if uri != actor.uri and uri not in people]
    if any(uri.startswith(mine) for uri in (*people, *secret)):
        raise Unprocessable("Of your collections only the followers can be addressed.")
    if len(people) + len(secret) > limits.POST_MENTIONS:
        raise Unprocessable(_("At most %(most)d people can be addressed by name.") % {"most": limits.POST_MENTIONS})
    given = any(name in holder for name in ADDRESSES for holder in (wish.activity, wish.object))
    return Addressing(_visibility(found, open_, followers), tuple(people), tuple(secret), given)


def _visibility(found: dict[str, list[str]], open_: list[str], followers: str) -> Visibility:
    if PUBLIC in found["to"] or PUBLIC in found["audience"]:
        return Visibility.PUBLIC
    if PUBLIC in open_:
        return Visibility.QUIET
    return Visibility.FOLLOWERS if followers in open_ else Visibility.DIRECT


def objects_of(wish: Wish) -> list[str]:
    """The ids of all objects, of a Flag several."""
    values = document.as_list(wish.activity.get("object"), limits.REPORT_OBJECTS)
    return [uri for value in values if (uri := document.id_of(value)) is not None]


def posts_needed(wish: Wish) -> list[str]:
    """Ids of posts that must be known before the wish is looked at in a transaction; those of others are fetched."""
    if wish.type in ("Like", "EmojiReact", "Announce"):
        return [wish.object_uri] if wish.object_uri else []
    if wish.type == "Create":
        named = (wish.object.get(name) for name in ("inReplyTo", *QUOTES))
        return list(dict.fromkeys(uri for value in named if (uri := document.id_of(value)) is not None))
    return []


def actors_needed(wish: Wish, to: Addressing) -> list[str]:
    """Ids of actors, in the same way."""
    if wish.type in ("Follow", "Block"):
        return [wish.object_uri] if wish.object_uri else []
    return [*to.people, *to.hidden] if wish.type == "Create" else []
