"""Misskey 2025.9 and its family: its rules are the strictest about hosts and about plain strings."""

from __future__ import annotations

import re

from tests.oracles.facts import (
    Broken,
    Sent,
    Served,
    among,
    date_age,
    digest,
    get,
    host,
    inner,
    is_activity_answer,
    is_url,
    names_context,
    parts,
    signature,
    signs,
    text,
)  # fmt: skip

KINDS = ("Document", "Image", "Page", "Audio", "Video")


def check_actor(served: Served) -> list[str]:
    """§1.6, §3.2, §7.2, Misskey 2025.9: `validateActor`."""
    broken, body = Broken("misskey actor"), served.document
    home = host(get(body, "id"))
    broken(is_activity_answer(served), "the content type is ActivityPub's")
    broken(names_context(body), "@context holds the ActivityStreams URL literally")
    broken(get(body, "id") == served.url, "address and id agree")
    broken("#" not in text(get(body, "id")), "the id has no fragment")
    broken(host(get(body, "inbox")) == home, "the inbox is on the actor's host")
    shared = get(body, "endpoints", "sharedInbox")
    broken(shared is None or host(shared) == home, "the shared inbox is on the actor's host")
    for name in ("outbox", "followers", "following", "featured"):
        broken(get(body, name) is None or host(get(body, name)) == home, f"{name} is on the actor's host")
    broken(isinstance(get(body, "name"), str) and len(get(body, "name")) <= 128, "name is a string of at most 128")
    broken(get(body, "summary") is None or isinstance(get(body, "summary"), str), "summary is a string or absent")
    name = text(get(body, "preferredUsername"))
    application = get(body, "type") == "Application"
    known = re.fullmatch(r"\w([\w.-]*\w)?", name) and len(name) <= 128
    broken(known or (application and name), "preferredUsername has a name's letters")
    broken(host(get(body, "publicKey", "id")) == home, "the key's id is a string on the actor's host")
    broken(is_url(get(body, "url")), "url is a string with https")
    return broken


def check_note(served: Served) -> list[str]:
    """§1.6, §4.2, Misskey 2025.9: `validateNote`; a text over 8192 is refused."""
    broken, body = Broken("misskey note"), served.document
    note = inner(body)
    home = host(get(note, "id"))
    broken(is_activity_answer(served), "the content type is ActivityPub's")
    broken(names_context(body), "@context holds the ActivityStreams URL literally")
    broken(get(note, "id") == served.url, "address and id agree")
    broken("#" not in text(get(note, "id")), "the id has no fragment")
    broken(isinstance(get(note, "attributedTo"), str), "attributedTo is a string")
    broken(host(get(note, "attributedTo")) == home, "the author is on the Note's host")
    broken(is_url(get(note, "url")) and host(get(note, "url")) == home, "url is a string with https on the Note's host")
    broken(0 < len(text(get(note, "content"))) <= 8192, "the text is at most 8192 characters")
    for picture in parts("attachment", note):
        broken(among(picture.get("type"), KINDS), "the attachment has a known type")
        broken(is_url(picture.get("url")), "the attachment's url is a string with https")
        broken(text(picture.get("name"))[:512].strip(), "the description stands in the first 512 characters")
    broken(len(parts("attachment", note)) <= 16, "there are at most sixteen attachments")
    return broken


def check_activity(sent: Sent) -> list[str]:
    """§2.2, §5.1, §5.2, Misskey 2025.9: the inbox worker."""
    broken, body = Broken("misskey activity"), sent.document
    inside, kind = get(body, "object"), get(body, "type")
    broken(isinstance(get(body, "actor"), str), "actor is a string")
    broken(text(signature(sent).get("keyId")).startswith(text(get(body, "actor")) or "?"), "the actor is the signer")
    broken(host(get(body, "id")) == host(get(body, "actor")) != "", "the id is on the signer's host")
    broken("#" not in text(get(body, "id")), "the id can be fetched: no fragment")
    if kind in ("Accept", "Reject"):
        broken(get(inside, "type") == "Follow", "the Follow is embedded")
    if kind == "Undo":
        broken(get(inside, "actor") == get(body, "actor"), "what is undone is the actor's own, embedded")
    if kind == "Delete":
        former = get(inside, "formerType") in (None, "Note") or get(inside, "type") != "Tombstone"
        broken(isinstance(inside, str) or (get(inside, "type") and former), "a Delete is a string or says its type")
    if kind == "Follow":
        broken(isinstance(inside, str), "a Follow's object is a string")
    return broken


def check_post(sent: Sent) -> list[str]:
    """§2.1, §2.2, Misskey 2025.9: all four components, its own host, five minutes."""
    broken = Broken("misskey post")
    broken(signs(sent, "(request-target)", "host", "date", "digest"), "target, host, date and digest are signed")
    broken(sent.headers.get("host") == host(sent.url), "the host is its own")
    broken(sent.headers.get("digest", "").startswith("SHA-256="), "the digest begins with SHA-256=")
    broken(sent.headers.get("digest") == digest(sent), "the digest is the body's")
    broken(abs(date_age(sent)) <= 300, "the date is within five minutes")
    broken(is_url(signature(sent).get("keyId")), "keyId is no acct: name")
    return broken


def check_webfinger(served: Served) -> list[str]:
    """§1.1, Misskey 2025.9: the first self link counts, whatever its type."""
    broken = Broken("misskey webfinger")
    selves = [link for link in parts("links", served.document) if link.get("rel") == "self"]
    broken(len(selves) == 1 and is_url(get(selves, 0, "href")), "the only self link is the actor")
    broken(text(get(served.document, "subject")).startswith("acct:"), "the subject is an acct: name")
    return broken
