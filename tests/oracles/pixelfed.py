"""Pixelfed 0.11/0.12: code read of early 2024, with later issues."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.oracles.facts import (
    Broken,
    Sent,
    Served,
    age_seconds,
    among,
    date_age,
    depth,
    digest,
    get,
    host,
    inner,
    is_url,
    items,
    parts,
    signature,
    signs,
    text,
)  # fmt: skip


def check_actor(served: Served) -> list[str]:
    """§3.2, §7.2, Pixelfed 0.11/0.12: plain strings, and a context that is there."""
    broken, body = Broken("pixelfed actor"), served.document
    broken(get(body, "@context"), "@context is there")
    for name in ("id", "inbox", "outbox", "url"):
        broken(is_url(get(body, name)), f"{name} is a string")
    broken(text(get(body, "preferredUsername")), "there is a preferredUsername")
    broken(isinstance(get(body, "publicKey"), dict), "publicKey is one object")
    broken(depth(body) <= 8, "the document is at most eight levels deep")
    return broken


def check_note(served: Served) -> list[str]:
    """§4.2, §4.3, Pixelfed 0.11/0.12: the validator of a post."""
    broken, body = Broken("pixelfed note"), served.document
    note = inner(body)
    broken(get(body, "@context"), "@context is there")
    broken(is_url(get(note, "url")), "url is a string with https")
    broken(isinstance(get(note, "attributedTo"), str), "attributedTo is a string")
    broken(-86_400 < age_seconds(get(note, "published")) < 20 * 365 * 86_400, "published is there and believable")
    broken(depth(body) <= 8, "the document is at most eight levels deep")
    for name in ("to", "cc", "tag", "attachment"):
        broken(isinstance(get(note, name), list), f"{name} is a list")
    broken(all(text(tag.get("name")) for tag in parts("tag", note)), "every tag has a name")
    return broken


def check_media(served: Served) -> list[str]:
    """§4.3, §4.4, Pixelfed 0.11/0.12: pictures as its default instance takes them."""
    broken = Broken("pixelfed media")
    for picture in parts("attachment", inner(served.document)):
        broken(among(picture.get("type"), ("Document", "Image")), "the type is Document or Image")
        broken(among(picture.get("mediaType"), ("image/jpeg", "image/png", "image/gif")), "JPEG, PNG or GIF")
        broken(is_url(picture.get("url")), "the picture's url is a string")
        broken(len(text(picture.get("name"))) <= 1000, "the alt text is at most 1000 characters")
        for side in ("width", "height"):
            value = picture.get(side)
            broken(isinstance(value, int) and 1 <= value <= 5000, f"{side} is 1 to 5000")
        broken(6 <= len(text(picture.get("blurhash"))) <= 164, "blurhash is 6 to 164 characters")
    return broken


def visibility(document: object, followers: str) -> str:
    """§4.5, Pixelfed 0.11/0.12: Public in cc makes it unlisted, whatever `to` says."""
    to, cc = items(get(document, "to")), items(get(document, "cc"))
    public = "https://www.w3.org/ns/activitystreams#Public"
    if public in cc:
        return "unlisted"
    if public in to:
        return "public"
    return "private" if followers in [*to, *cc] else "direct"


def check_activity(sent: Sent) -> list[str]:
    """§2.2, §5.1, Pixelfed 0.11/0.12: hosts agree, the id tells doubles apart."""
    broken, body = Broken("pixelfed activity"), sent.document
    inside = get(body, "object")
    home = host(signature(sent).get("keyId"))
    broken(is_url(get(body, "id")), "there is an id")
    broken(host(get(body, "id")) == home, "id and key are on one host")
    broken(isinstance(get(body, "actor"), str), "actor is a string")
    broken(depth(body) <= 8, "the document is at most eight levels deep")
    if get(body, "type") == "Create":
        broken(get(inside, "attributedTo") == get(body, "actor"), "the Note's author is the actor, as a string")
        broken(host(get(inside, "id")) == home, "the Note and the key are on one host")
        broken(-86_400 < age_seconds(get(body, "published")) < 3600, "a Create says when")
    return broken


def check_post(sent: Sent) -> list[str]:
    """§2.1, §2.2, Pixelfed 0.11/0.12: path without query, digest by its literal prefix."""
    broken = Broken("pixelfed post")
    broken(is_url(signature(sent).get("keyId")), "keyId is an address")
    broken(not urlsplit(sent.url).query, "the target has no query, since only the path is verified")
    broken(sent.headers.get("digest", "").startswith("SHA-256="), "the digest begins with SHA-256=")
    broken(sent.headers.get("digest") == digest(sent), "the digest is the body's")
    broken(signs(sent, "(request-target)", "host", "date", "digest"), "target, host, date and digest are signed")
    broken(abs(date_age(sent)) < 86_400, "the date is within a day")
    return broken
