"""What is not one project's but everybody's: WebFinger, host-meta, NodeInfo, collections, tombstones, and headers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as XML

from tests.oracles.facts import (
    Broken,
    Sent,
    Served,
    among,
    get,
    host,
    is_activity_answer,
    is_moment,
    is_url,
    items,
    media_type,
    names_context,
    names_itself,
    parts,
    text,
)  # fmt: skip

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"


def check_webfinger_headers(served: Served) -> list[str]:
    """RFC 7033 §5, §10.2: readable from any page, as JRD."""
    broken = Broken("webfinger headers")
    broken(served.headers.get("access-control-allow-origin") == "*", "any origin may read it")
    broken(media_type(served.headers) == "application/jrd+json", "the content type is JRD")
    return broken


def check_host_meta(served: Served) -> list[str]:
    """§1.2, RFC 6415 (Pleroma, Friendica, Takahe ask for it): one template that leads to WebFinger."""
    broken = Broken("host-meta")
    broken(media_type(served.headers) == "application/xrd+xml", "the content type is XRD")
    try:
        links = XML.fromstring(text(served.document)).findall("{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link")
    except XML.ParseError:
        links = []
    templates = [link.get("template", "") for link in links if link.get("rel") == "lrdd"]
    expected = f"https://{host(served.url)}/.well-known/webfinger?resource={{uri}}"
    broken(templates == [expected], "one lrdd template leads to WebFinger")
    return broken


def check_nodeinfo_links(served: Served) -> list[str]:
    """§1.5, NodeInfo 2.1, FEP-2677: both versions on our host, and the instance actor."""
    broken = Broken("nodeinfo links")
    links = {text(link.get("rel")): link.get("href") for link in parts("links", served.document)}
    broken(media_type(served.headers) in ("application/json", "application/jrd+json"), "the answer is JSON")
    for version in ("2.0", "2.1"):
        href = links.get(f"{SCHEMA}/{version}")
        broken(is_url(href) and host(href) == host(served.url), f"NodeInfo {version} is on this host")
    broken(is_url(links.get("https://www.w3.org/ns/activitystreams#Application")), "the instance actor is named")
    return broken


def check_nodeinfo(served: Served) -> list[str]:
    """§1.5, NodeInfo 2.0/2.1 schema, FEP-0151."""
    broken, body = Broken("nodeinfo"), served.document
    version = text(get(body, "version"))
    profile = f'profile="{SCHEMA}/{version}#"'
    broken(profile in served.headers.get("content-type", ""), "the content type names the schema")
    broken(served.url.endswith(f"/{version}") and version, "the version is the one that was asked for")
    broken(re.fullmatch(r"[a-z0-9-]+", text(get(body, "software", "name"))), "software.name has its letters")
    broken(text(get(body, "software", "version")), "software.version is there")
    broken(get(body, "protocols") == ["activitypub"], "the protocol is activitypub")
    for way in ("inbound", "outbound"):
        broken(isinstance(get(body, "services", way), list), f"services.{way} is a list")
    broken(isinstance(get(body, "openRegistrations"), bool), "openRegistrations is true or false")
    broken(isinstance(get(body, "usage", "users"), dict), "usage.users is an object")
    total = get(body, "usage", "users", "total")
    broken(total is None or (isinstance(total, int) and total >= 0), "usage.users.total is a count")
    broken(isinstance(get(body, "metadata"), dict), "metadata is an object")
    known = {"name", "version"} | ({"repository", "homepage"} if version == "2.1" else set())
    software = get(body, "software")
    broken(isinstance(software, dict) and set(software) <= known, "software holds what the schema knows")
    return broken


def check_collection(served: Served) -> list[str]:
    """§6.6, ActivityPub §5: a count, and a first page where it may be browsed."""
    broken, body = Broken("collection"), served.document
    broken(is_activity_answer(served), "the content type is ActivityPub's")
    broken(names_context(body), "@context names ActivityStreams")
    first = get(body, "first")
    mine = is_url(first) and host(first) == host(served.url)
    holds = isinstance(
        get(
            body,
            "items",
        ),
        list,
    ) or isinstance(get(body, "orderedItems"), list)
    broken(first is None or mine or isinstance(first, dict), "first is a page of ours")
    counts = get(body, "totalItems") == 0 or first is not None or holds or get(body, "type") == "Collection"
    broken(counts, "what has members can be browsed or says that it cannot")
    return broken


def check_page(served: Served) -> list[str]:
    """§6.6, ActivityPub §5: a page of an ordered collection; the last has no `next`."""
    broken, body = Broken("page"), served.document
    broken(get(body, "type") == "OrderedCollectionPage", "the type is OrderedCollectionPage")
    broken(get(body, "id") == served.url, "the id is the address that was asked")
    broken(is_url(get(body, "partOf")), "partOf names the collection")
    members = get(body, "orderedItems")
    broken(isinstance(members, list), "orderedItems is a list")
    broken(members or get(body, "next") is None, "an empty page has no next")
    for member in items(members):
        known = is_url(member) or (is_url(get(member, "id")) and among(get(member, "type"), ("Create", "Announce")))
        broken(known, "members are ids, or activities of ours with ids")
    return broken


def check_tombstone(served: Served) -> list[str]:
    """§4.10, ActivityPub §6.4: 410 and what it was."""
    broken, body = Broken("tombstone"), served.document
    broken(served.status == 410, "what was deleted answers 410")
    broken(is_activity_answer(served), "the content type is ActivityPub's")
    broken(get(body, "type") == "Tombstone", "the type is Tombstone")
    broken(get(body, "id") == served.url, "the id is the address that was asked")
    broken(text(get(body, "formerType")), "formerType says what it was")
    broken(is_moment(get(body, "deleted")), "deleted says when")
    broken(get(body, "content") is None and get(body, "attachment") is None, "nothing of the content is left")
    return broken


def check_negotiated(served: Served) -> list[str]:
    """§1.6: what shares its address with a page says so to caches."""
    broken = Broken("negotiated answer")
    vary = {name.strip().lower() for name in served.headers.get("vary", "").split(",")}
    broken("accept" in vary, "Vary holds Accept")
    broken(served.headers.get("content-type") == "application/activity+json; charset=utf-8", "one content type, always")
    broken(served.headers.get("etag", "").startswith('"'), "there is a strong ETag")
    return broken


def check_strict_writer(served: Served) -> list[str]:
    """§0 rules 2 to 4 and 8: one shape for everybody; nothing deeper than eight levels, nothing over 256 KB."""
    broken, body = Broken("strict writer"), served.document
    for name in ("id", "url", "attributedTo", "inbox", "outbox"):
        value = get(body, name)
        broken(value is None or isinstance(value, str), f"{name} is a plain string")
        broken(value is None or host(value) == host(served.url), f"{name} is on our origin")
    for name in ("to", "cc", "tag", "attachment"):
        broken(get(body, name) is None or isinstance(get(body, name), list), f"{name} is a list")
    broken("#" not in text(get(body, "id")), "the id has no fragment")
    broken(isinstance(body, dict) and next(iter(body), "") == "@context", "@context comes first")
    broken(served.size < 256_000, "the document is below 256 KB")
    hidden = {"bto", "bcc", "source", "prompt", "email"} & set(body if isinstance(body, dict) else ())
    broken(not hidden, "nothing private is written")
    return broken


def check_request(sent: Sent) -> list[str]:
    """§0 rule 1, §2.1, §6.4: what every request of ours carries, and what it does not."""
    broken = Broken("request")
    broken(names_itself(sent), "User-Agent says who and where")
    broken(sent.headers.get("host") == host(sent.url), "Host is the peer's, without a default port")
    broken("cookie" not in sent.headers and "authorization" not in sent.headers, "no credentials")
    if sent.method == "POST":
        broken(get(sent.document, "bto") is None and get(sent.document, "bcc") is None, "no hidden recipients")
        for name in ("to", "cc"):
            value = get(sent.document, name)
            broken(value is None or isinstance(value, list), f"{name} is a list")
        first = next(iter(sent.document), "") if isinstance(sent.document, dict) else ""
        broken(first == "@context", "@context comes first")
    return broken
