"""Actor -> actor document, NodeInfo: the facts of an actor as other servers read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from actors.models import Actor, Key
from fediverse_ai import __version__
from fediverse_ai.activitypub import document, hashtags, proofs, vocabulary
from fediverse_ai.activitypub.keys import load_public_key
from fediverse_ai.core import html
from fediverse_ai.core.config import Config

ACTOR_TERMS = (
    "manuallyApprovesFollowers",
    "discoverable",
    "indexable",
    "searchableBy",
    "memorial",
    "suspended",
    "webfinger",
    "alsoKnownAs",
    "movedTo",
    "featured",
    "featuredTags",
    "attributionDomains",
    "Hashtag",
    "PropertyValue",
    "value",
    "publicKey",
    "assertionMethod",
    "implements",
    "pendingFollowers",
    "pendingFollowing",
    "blocked",
    "oauthRegistrationEndpoint",
    "eventStream",
)
# For the owner's apps alone: what was liked, who waits, whom it blocked (FEP-4ccd, FEP-c648).
PRIVATE_COLLECTIONS = ("liked", "pendingFollowers", "pendingFollowing", "blocked")


def iso(ms: int) -> str:
    """Epoch milliseconds as ISO 8601 in UTC with Z and whole seconds: what every peer can read."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What peers may count on without asking NodeInfo (FEP-844e).
IMPLEMENTS = [{"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC-9421: HTTP Message Signatures"}]


def actor_document(config: Config, actor: Actor, keys: Sequence[Key]) -> dict[str, Any]:
    """The actor document: strings where one value is meant, arrays where several may be.

    The RSA key in use as `publicKey`, since several peers ignore a list; all others as `assertionMethod` (FEP-521a):
    the key for proofs, and of both kinds those that were replaced a while ago, under their old ids.
    """
    key = next(key for key in keys if key.kind == "rsa" and key.retired_ms is None)
    body: dict[str, Any] = {
        "@context": vocabulary.context_for(*ACTOR_TERMS),
        "id": actor.uri,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "name": actor.name,
        "webfinger": actor.handle,
        "summary": actor.summary,
        "url": actor.page_url,
        "published": iso(actor.published_ms),
        "inbox": actor.inbox_url,
        "outbox": actor.outbox_url,
        "endpoints": endpoints(config, actor),
        "manuallyApprovesFollowers": actor.manually_approves,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "searchableBy": [vocabulary.PUBLIC if actor.indexable else actor.uri],
        "memorial": False,
        "suspended": actor.suspended_ms is not None,
        # What peers index; the words themselves are links to the same pages.
        "tag": hashtags.tags(config.public_url, hashtags.found_in(html.text_of(actor.summary))),
        "attachment": actor.fields,
        "publicKey": {"id": key.uri, "owner": actor.uri, "publicKeyPem": key.public_pem},
        "assertionMethod": [
            proofs.multikey_document(actor.uri, load_public_key(other.public_pem), other.uri.rpartition("#")[2])
            for other in keys
            if other is not key
        ],
        "generator": {"type": "Application", "name": "Fediverse AI", "implements": IMPLEMENTS},
    }
    if actor.kind != "Application":
        body["followers"] = actor.followers_uri
        body["following"] = actor.following_uri
        body["featured"] = actor.featured_uri
        body["featuredTags"] = f"{actor.uri}/collections/tags"
        # Our pages name their author (fediverse:creator); Mastodon believes that of the domains that stand here.
        body["attributionDomains"] = [config.host]
        body |= {name: f"{actor.uri}/{name}" for name in PRIVATE_COLLECTIONS}
        body["alsoKnownAs"] = actor.also_known_as
    if actor.moved_to_uri is not None:
        body["movedTo"] = actor.moved_to_uri
    if actor.icon_url:
        body["icon"] = {"type": "Image", "mediaType": "image/jpeg", "url": actor.icon_url}
    if actor.image_url:
        body["image"] = {"type": "Image", "mediaType": "image/jpeg", "url": actor.image_url}
    return body


def endpoints(config: Config, actor: Actor) -> dict[str, str]:
    """Where servers and clients find what is not the actor's alone; clients' parts for people, not for the server."""
    base = config.public_url
    found = {"sharedInbox": f"{base}/inbox"}
    if actor.kind == "Application":
        return found
    return found | {
        "oauthAuthorizationEndpoint": f"{base}/oauth/authorize",
        "oauthTokenEndpoint": f"{base}/oauth/token",
        "oauthRegistrationEndpoint": f"{base}/oauth/register",
        "uploadMedia": f"{actor.uri}/uploads",
        "proxyUrl": f"{actor.uri}/proxy",
        "eventStream": f"{actor.uri}/events",
    }


def actor_bytes(config: Config, actor: Actor, keys: Sequence[Key]) -> bytes:
    return document.dump(actor_document(config, actor, keys))


def tombstone(uri: str, former_type: str, deleted_ms: int) -> dict[str, Any]:
    return {
        "@context": vocabulary.AS_CONTEXT,
        "id": uri,
        "type": "Tombstone",
        "formerType": former_type,
        "deleted": iso(deleted_ms),
    }


def nodeinfo_links(config: Config) -> dict[str, Any]:
    """`/.well-known/nodeinfo`, with the extra link to the instance actor (FEP-2677)."""
    base = config.public_url
    schema = "http://nodeinfo.diaspora.software/ns/schema"
    return {
        "links": [
            {"rel": f"{schema}/2.1", "href": f"{base}/nodeinfo/2.1"},
            {"rel": f"{schema}/2.0", "href": f"{base}/nodeinfo/2.0"},
            {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": f"{base}/actor"},
        ]
    }


def nodeinfo(
    config: Config,
    version: str,
    users: int,
    posts: int,
    stopped: Sequence[Mapping[str, Any]] = (),
    *,
    signups: str = "closed",
    staff: Sequence[str] = (),
) -> dict[str, Any]:
    """NodeInfo 2.0 or 2.1 with counted numbers only (FEP-0151)."""
    software: dict[str, str] = {"name": "fediverse-ai", "version": __version__}
    if config.server.source_url and version == "2.1":
        software["repository"] = config.server.source_url
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        # As Mastodon: open means that anybody may ask; how they come in is said beside.
        "openRegistrations": signups == "approval",
        "usage": {"users": {"total": users}, "localPosts": posts},
        "metadata": {
            "nodeName": config.server.name,
            "nodeDescription": config.server.description,
            # Whom to write to, and whether this server talks with others at all, as Misskey and Pleroma say it.
            "staffAccounts": list(staff),
            "federation": {"enabled": not any(stop.get("scope") == "federation" for stop in stopped)},
            # Apps that know a list of server software take this server for what its API is compatible with.
            "upstream": {"name": "mastodon"},
            # The stop switch: what stands still here, why, and since when.
            "stopped": list(stopped),
            "signUps": signups,
        },
    }
