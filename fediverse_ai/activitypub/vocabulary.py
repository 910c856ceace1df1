"""Type names, Public, media types and the JSON-LD terms that we emit, our own included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AS_CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
SECURITY_CONTEXT: Final = "https://w3id.org/security/v1"
DID_CONTEXT: Final = "https://www.w3.org/ns/did/v1"
MULTIKEY_CONTEXT: Final = "https://w3id.org/security/multikey/v1"
DATA_INTEGRITY_CONTEXT: Final = "https://w3id.org/security/data-integrity/v2"

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
# Compact JSON-LD forms of the same collection; peers do send them (federation practice: Takahe, Pleroma).
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
JRD_JSON: Final = "application/jrd+json"
XRD_XML: Final = "application/xrd+xml"
ACTIVITY_CONTENT_TYPE: Final = "application/activity+json; charset=utf-8"
# What we ask with: the order and spelling that Mastodon uses, so that every peer knows it.
ACCEPT_ACTIVITY: Final = f"{ACTIVITY_JSON}, {LD_JSON}"

ACTOR_TYPES: Final = frozenset({"Person", "Service", "Application", "Group", "Organization"})
NOTE_TYPES: Final = frozenset({"Note", "Article", "Page", "Image", "Video", "Audio", "Document", "Event", "Question"})
# Shown as a post with a title and a link, as Mastodon does; a Note and a Question are shown as they are.
CONVERTED_TYPES: Final = frozenset({"Article", "Audio", "Event", "Image", "Page", "Video"})
ATTACHMENT_TYPES: Final = frozenset({"Document", "Image", "Video", "Audio", "Page"})
COLLECTION_TYPES: Final = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"},
)
LINK_TYPES: Final = frozenset({"Link", "Mention", "Hashtag"})
KEY_TYPES: Final = frozenset({"Key", "CryptographicKey", "Multikey"})
ACTIVITY_TYPES: Final = frozenset(
    {
        "Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Follow",
        "Ignore", "Invite", "Join", "Leave", "Like", "Listen", "Move", "Offer", "QuoteRequest", "Read", "Reject",
        "Remove", "TentativeAccept", "TentativeReject", "Travel", "Undo", "Update", "View",
    },
)  # fmt: skip
KNOWN_TYPES: Final = (
    ACTOR_TYPES
    | NOTE_TYPES
    | ATTACHMENT_TYPES
    | COLLECTION_TYPES
    | LINK_TYPES
    | KEY_TYPES
    | ACTIVITY_TYPES
    | {"Emoji", "Tombstone", "PropertyValue", "QuoteAuthorization", "Place", "Profile", "Object", "Relationship"}
)

Definition = str | Mapping[str, str]

_PREFIXES: Final[Mapping[str, str]] = {
    "toot": "http://joinmastodon.org/ns#",
    # The IRI lacks a slash on purpose: this is what the fediverse writes and compares.
    "schema": "http://schema.org#",
    "ostatus": "http://ostatus.org#",
    "gts": "https://gotosocial.org/ns#",
    "misskey": "https://misskey-hub.net/ns#",
    "fedibird": "http://fedibird.com/ns#",
    "litepub": "http://litepub.social/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def _reference(iri: str) -> Definition:
    return {"@id": iri, "@type": "@id"}


CONTEXT_TERMS: Final[Mapping[str, Definition]] = {
    "Emoji": "toot:Emoji",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "memorial": "toot:memorial",
    "suspended": "toot:suspended",
    "votersCount": "toot:votersCount",
    "blurhash": "toot:blurhash",
    "featured": _reference("toot:featured"),
    "featuredTags": _reference("toot:featuredTags"),
    "attributionDomains": _reference("toot:attributionDomains"),
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": _reference("as:movedTo"),
    "alsoKnownAs": _reference("as:alsoKnownAs"),
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "conversation": "ostatus:conversation",
    "interactionPolicy": _reference("gts:interactionPolicy"),
    "canQuote": _reference("gts:canQuote"),
    "automaticApproval": _reference("gts:automaticApproval"),
    "manualApproval": _reference("gts:manualApproval"),
    "interactingObject": _reference("gts:interactingObject"),
    "interactionTarget": _reference("gts:interactionTarget"),
    "quote": _reference("https://w3id.org/fep/044f#quote"),
    "quoteAuthorization": _reference("https://w3id.org/fep/044f#quoteAuthorization"),
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    # Strings, as their inventors define them: Fedify answers 400 to references here.
    "quoteUri": "fedibird:quoteUri",
    "quoteUrl": "as:quoteUrl",
    # FEP-268d.
    "searchableBy": _reference("fedibird:searchableBy"),
    "_misskey_quote": "misskey:_misskey_quote",
    "EmojiReact": "litepub:EmojiReact",
    # The context of FEP-2c59, written out so that nobody must load it.
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": _reference("https://w3id.org/fep/844e#implements"),
    "digitalSourceType": _reference("https://schema.org/digitalSourceType"),
    # FEP-1311: how many bytes a file has, and their SHA-256 as a multihash.
    "size": "https://joinpeertube.org/ns#size",
    "digestMultibase": {
        "@id": "https://w3id.org/security#digestMultibase",
        "@type": "https://w3id.org/security#multibase",
    },
    # The contexts of FEP-4ccd and FEP-c648, written out; the other two are of the drafts of the ActivityPub API.
    "pendingFollowers": _reference("https://purl.archive.org/socialweb/pending#pendingFollowers"),
    "pendingFollowing": _reference("https://purl.archive.org/socialweb/pending#pendingFollowing"),
    "blocked": _reference("https://purl.archive.org/socialweb/blocked#blocked"),
    "oauthRegistrationEndpoint": _reference("as:oauthRegistrationEndpoint"),
    "eventStream": _reference("as:eventStream"),
    "isBasedOn": _reference("https://schema.org/isBasedOn"),
}

# Terms of our own, by name -> JSON-LD type of the value (None: plain). Their IRIs live under OUR_NS.
OUR_TERMS: Final[Mapping[str, str | None]] = {
    "genAI": "xsd:boolean",
    "recipe": "@id",
    "Recipe": None,
    "prompt": None,
    "negativePrompt": None,
    "seed": None,
    "steps": "xsd:nonNegativeInteger",
    "guidance": "xsd:double",
    "model": None,
    "modelVersion": None,
    "sampler": None,
    "backend": None,
    "style": None,
    "canRemix": "@id",
    # What a client reads of a post that is not out yet (docs/reference/c2s.md).
    "count": "xsd:nonNegativeInteger",
    "state": None,
    "reason": None,
    "progress": "@id",
    "Progress": None,
    "fraction": "xsd:double",
    "words": None,
}

# What they mean, for the page of the namespace.
OUR_MEANINGS: Final[Mapping[str, str]] = {
    "genAI": "On a Note: at least one of its pictures was made by AI. Absent: none was, or nobody said so.",
    "recipe": "On an attachment: how the picture was made, as far as its author lets it be known. A Recipe.",
    "Recipe": "The type of a recipe. Every field may be absent.",
    "prompt": "The words that the picture was asked for with. Plain text.",
    "negativePrompt": "The words for what was to be left out. Plain text.",
    "seed": "The number that the generator began with: the same recipe and seed make the same picture, where it can.",
    "steps": "How many steps the generator took.",
    "guidance": "How closely it kept to the prompt.",
    "model": "The name of what made the picture, for people.",
    "modelVersion": "Its version.",
    "sampler": "How the steps were taken.",
    "backend": "Under which name the server knows the generator.",
    "style": "A rendering that the generator knows by name.",
    "canRemix": "In interactionPolicy, as canQuote of FEP-044f: whose remixes the author allows beforehand, in "
    "automaticApproval: Public, or the author's followers collection. Absent: nobody's. A remix names what it was made "
    "from in isBasedOn of schema.org.",
    "count": "In an order: how many pictures are asked for.",
    "state": "Of a post that is not out, for its author alone: how far it is on its way.",
    "reason": "A sentence for its author on why it is not out.",
    "progress": "Where its author can read how far it is. A Progress.",
    "Progress": "The type of such a report.",
    "fraction": "How much is done, from 0 to 1.",
    "words": "The same in words.",
}

_CONTEXTS_OF_TERMS: Final[Mapping[str, tuple[str, ...]]] = {
    "publicKey": (SECURITY_CONTEXT,),
    "assertionMethod": (DID_CONTEXT, MULTIKEY_CONTEXT),
    "proof": (DATA_INTEGRITY_CONTEXT,),
}


def our_context_url(public_url: str) -> str:
    """Where `our_context` is served: `public_url` + "/ns"."""
    return public_url.rstrip("/") + "/ns"


def our_ns(public_url: str) -> str:
    """The namespace of our own terms: `public_url` + "/ns#"."""
    return our_context_url(public_url) + "#"


def _our_definition(term: str, namespace: str) -> Definition:
    kind = OUR_TERMS[term]
    return namespace + term if kind is None else {"@id": namespace + term, "@type": kind}


def context_for(*terms: str, public_url: str = "") -> list[str | dict[str, object]]:
    """The `@context` of a document that uses `terms`: ActivityStreams first, then contexts, then one inline object.

    `publicKey`, `assertionMethod` and `proof` bring their contexts; all other terms are defined inline, with the
    prefixes they need, so that a strict JSON-LD reader loads nothing from us. Terms of `OUR_TERMS` need `public_url`.
    Raises KeyError for a term that is not in the tables, ValueError for one of ours without `public_url`.
    """
    urls: list[str] = [AS_CONTEXT]
    inline: dict[str, object] = {}
    for term in terms:
        if term in _CONTEXTS_OF_TERMS:
            urls.extend(url for url in _CONTEXTS_OF_TERMS[term] if url not in urls)
            continue
        if term in OUR_TERMS:
            if not public_url:
                raise ValueError(f"the term {term} needs public_url")
            definition = _our_definition(term, our_ns(public_url))
        else:
            definition = CONTEXT_TERMS[term]
        for prefix in _prefixes_of(definition):
            inline.setdefault(prefix, _PREFIXES[prefix])
        inline[term] = dict(definition) if isinstance(definition, Mapping) else definition
    return [*urls, inline] if inline else [*urls]


def _prefixes_of(definition: Definition) -> list[str]:
    values = definition.values() if isinstance(definition, Mapping) else (definition,)
    return [prefix for value in values if (prefix := value.partition(":")[0]) in _PREFIXES]


def our_context(public_url: str) -> dict[str, object]:
    """The JSON-LD context document that we publish at `our_context_url`: every term that is ours, and what it needs."""
    namespace = our_ns(public_url)
    terms: dict[str, object] = {"fai": namespace, "xsd": _PREFIXES["xsd"]}
    for term in OUR_TERMS:
        definition = _our_definition(term, namespace)
        terms[term] = dict(definition) if isinstance(definition, Mapping) else definition
    for term in ("digitalSourceType", "isBasedOn"):
        terms[term] = CONTEXT_TERMS[term]
    return {"@context": terms}
