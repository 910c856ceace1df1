"""Rows to the JSON entities of the API, with every field that some app cannot do without; no queries here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.emoji import Emoji
from actors.models import Actor
from fediverse_ai.core.config import Config
from fediverse_ai.core.html import clean, text_of, typed
from fediverse_ai.core.nodes import SEQUENCE_BITS
from fediverse_ai.core.storage import Storage
from fediverse_ai.mastodon.answers import day, moment
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web.static_files import static_url
from outbox import links

Json = dict[str, Any]
# Our words for who may quote, in the API's.
QUOTE_POLICIES = {"anyone": "public", "followers": "followers", "nobody": "nobody"}


@dataclass(frozen=True, slots=True)
class Look:
    """What entities are made with. `trusted` readers get addresses that may cause a fetch from another server (D11)."""

    config: Config
    storage: Storage
    media: RemoteMedia
    trusted: bool
    now_ms: int
    private: Callable[[str], str]

    def file(self, name: str, *, out: bool = True) -> str:
        """The address of a file of ours; of one that is not `out` yet, one that only whoever is told it can use."""
        return self.storage.url(name) if out else self.private(name)

    def remote(self, kind: str, owner_id: int, *, small: bool = False) -> str:
        if self.trusted:
            return self.media.url(kind, owner_id, small=small)
        return f"{self.config.public_url}/proxy/{kind}/{owner_id}" + ("?small=1" if small else "")

    def static(self, name: str) -> str:
        return f"{self.config.public_url}{static_url(name)}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """An account's counters, of what everybody may see."""

    statuses: int = 0
    followers: int = 0
    following: int = 0
    last_ms: int | None = None


def created_ms(row_id: int) -> int:
    """The time in an id."""
    return row_id >> SEQUENCE_BITS


def emoji(look: Look, row: Emoji) -> Json:
    url = look.remote("emoji", row.id)
    return {"shortcode": row.name, "url": url, "static_url": url, "visible_in_picker": False, "category": None}


def account(look: Look, actor: Actor, numbers: Numbers, emojis: Sequence[Json] = (), moved: Json | None = None) -> Json:
    """Account. Pictures are always real addresses: several apps fail on none."""
    avatar, header = _picture(look, actor, "avatar"), _picture(look, actor, "header")
    made = actor.published_ms or created_ms(actor.id)
    gone = actor.suspended_ms is not None or actor.deleted_ms is not None
    body: Json = {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.username if actor.local else actor.handle,
        "url": actor.page_url,
        "uri": actor.uri,
        "display_name": "" if gone else actor.name or actor.username,
        "note": "" if gone else actor.summary,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "locked": actor.manually_approves,
        "bot": actor.kind in ("Service", "Application"),
        "group": actor.kind == "Group",
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "noindex": not actor.indexable,
        "hide_collections": actor.hides_relations,
        "created_at": moment(made),
        "last_status_at": day(numbers.last_ms) if numbers.last_ms is not None else None,
        "statuses_count": numbers.statuses,
        "followers_count": numbers.followers,
        "following_count": numbers.following,
        "emojis": list(emojis),
        "fields": [] if gone else fields(actor),
        "roles": [],
    }
    if moved is not None:
        body["moved"] = moved
    if gone:
        body["suspended"] = True
    if actor.severity is not None:
        body["limited"] = True
    return body


def fields(actor: Actor) -> list[Json]:
    """The rows of a profile's table; values are HTML."""
    found = []
    for one in actor.fields[:20]:
        name, value = one.get("name"), one.get("value")
        if isinstance(name, str) and isinstance(value, str):
            found.append({"name": text_of(name), "value": clean(value), "verified_at": _verified(actor, value)})
    return found


def _verified(actor: Actor, value: str) -> str | None:
    """When the page of a field's address was seen to link back (rel=me)."""
    since = actor.verified.get(links.address_in(value) or "")
    return moment(since) if since is not None else None


def _picture(look: Look, actor: Actor, kind: str) -> str:
    url = actor.icon_url if kind == "avatar" else actor.image_url
    if not url or actor.reject_media or actor.suspended_ms is not None or actor.deleted_ms is not None:
        return look.static(f"{kind}.png")
    return url if actor.local else look.remote(kind, actor.id)


def source(actor: Actor, follow_requests: int, privacy: str, language: str | None, *, sensitive: bool = False) -> Json:
    """What CredentialAccount adds: the profile as its owner typed it."""
    return {
        "note": typed(actor.summary),
        "fields": [{**row, "value": text_of(row["value"])} for row in fields(actor)],
        "privacy": privacy,
        "sensitive": sensitive,
        "language": language,
        "follow_requests_count": follow_requests,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "hide_collections": actor.hides_relations,
        "attribution_domains": [],
        "quote_policy": QUOTE_POLICIES[actor.quote_policy],
    }


def role(name: str) -> Json:
    """The Role of a person. No app may administer through this API, so nobody has permissions in it."""
    shown = name in ("moderator", "admin", "owner")
    known = {"moderator": 1, "admin": 2, "owner": 3}
    return {
        "id": str(known.get(name, -99)),
        "name": name.capitalize() if shown else "",
        "color": "",
        "permissions": "0",
        "highlighted": shown,
    }


def tag(config: Config, name: str) -> Json:
    """A hashtag as a status carries it."""
    return {"name": name, "url": f"{config.public_url}/tags/{name.lower()}"}


def mention(actor: Actor) -> Json:
    """A person named in a status."""
    return {
        "id": str(actor.id),
        "username": actor.username,
        "url": actor.page_url,
        "acct": actor.username if actor.local else actor.handle,
    }


@dataclass(frozen=True, slots=True)
class Ties:
    """How one person stands to another; all false is nothing."""

    following: bool = False
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    showing_reblogs: bool = True
    notifying: bool = False
    domain_blocking: bool = False
    endorsed: bool = False
    languages: Sequence[str] | None = None
    note: str = ""


def relationship(account_id: int, ties: Ties) -> Json:
    """Relationship; the boosts of somebody whom one does not follow are not shown either."""
    return {
        "id": str(account_id),
        "following": ties.following,
        "showing_reblogs": ties.following and ties.showing_reblogs,
        "notifying": ties.notifying,
        "languages": list(ties.languages) if ties.languages else None,
        "followed_by": ties.followed_by,
        "blocking": ties.blocking,
        "blocked_by": ties.blocked_by,
        "muting": ties.muting,
        "muting_notifications": ties.muting_notifications,
        "requested": ties.requested,
        "requested_by": ties.requested_by,
        "domain_blocking": ties.domain_blocking,
        "endorsed": ties.endorsed,
        "note": ties.note,
    }
