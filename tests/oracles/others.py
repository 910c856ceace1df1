"""GoToSocial 0.20/0.21, Lemmy 1.0, PieFed, BookWyrm, snac, Wafrn, Friendica, Mbin: rules that stop a delivery."""

from __future__ import annotations

import re

from tests.oracles.facts import (
    AS2,
    PUBLIC,
    Broken,
    Sent,
    Served,
    among,
    covered,
    date_age,
    digest,
    get,
    host,
    inner,
    is_moment,
    is_url,
    items,
    names_itself,
    parts,
    signature,
    signs,
    text,
)  # fmt: skip

BARE = re.compile(r'[A-Za-z]+="[^",=]*"')


def check_gotosocial_actor(served: Served) -> list[str]:
    """§3.2, GoToSocial 0.20: the key's owner is the actor, the shared inbox is at home."""
    broken, body = Broken("gotosocial actor"), served.document
    broken(get(body, "publicKey", "owner") == get(body, "id"), "the key's owner is the actor")
    shared = host(get(body, "endpoints", "sharedInbox"))
    broken(shared == host(get(body, "id")), "the shared inbox is on the actor's domain")
    return broken


def check_gotosocial_note(served: Served) -> list[str]:
    """§4.2, §4.3, §4.6, GoToSocial 0.20/0.21: dates in order, alt text in `name`, no promise that is not kept."""
    broken, note = Broken("gotosocial note"), inner(served.document)
    published, updated = get(note, "published"), get(note, "updated")
    broken(is_moment(published), "published is a valid time")
    broken(updated is None or text(updated) >= text(published), "updated is not before published")
    languages = get(note, "contentMap")
    same = isinstance(languages, dict) and get(note, "content") in languages.values()
    broken(same, "contentMap says the same as content")
    for picture in parts("attachment", note):
        broken(among(picture.get("type"), ("Image", "Document")), "the type is Image or Document")
        broken(text(picture.get("name")) and picture.get("summary") is None, "the alt text is in name alone")
    policy = get(note, "interactionPolicy")
    broken(
        policy is None or (isinstance(policy, dict) and set(policy) <= {"canQuote"}),
        "the policy promises quotes at most",
    )
    return broken


def check_gotosocial_post(sent: Sent) -> list[str]:
    """§2.1, GoToSocial 0.20 (and seen in our own trials of it): 406 for other types, 418 without User-Agent."""
    broken = Broken("gotosocial post")
    kind = sent.headers.get("content-type", "")
    known = kind.startswith("application/activity+json") or (kind.startswith("application/ld+json") and AS2 in kind)
    broken(known, "the content type is ActivityPub's")
    broken(sent.headers.get("user-agent"), "there is a User-Agent")
    broken({"(request-target)", "host", "date"} <= set(covered(sent)), "target, host and date are signed")
    return broken


def check_gotosocial_get(sent: Sent) -> list[str]:
    """§2.1, GoToSocial 0.20: every GET is signed, by a User-Agent with a name."""
    broken = Broken("gotosocial get")
    broken({"(request-target)", "host", "date"} <= set(covered(sent)), "target, host and date are signed")
    broken(names_itself(sent), "User-Agent says who and where")
    return broken


def check_lemmy_actor(served: Served) -> list[str]:
    """§3.2, Lemmy 1.0: which actors it takes for people."""
    broken, body = Broken("lemmy actor"), served.document
    broken(
        among(get(body, "type"), ("Person", "Service", "Organization")), "the type is Person, Service or Organization"
    )
    broken(is_url(get(body, "inbox")) and is_url(get(body, "outbox")), "there are inbox and outbox")
    icon = get(body, "icon")
    broken(icon is None or is_url(get(icon, "url")), "the icon is an object with url")
    return broken


def check_lemmy_note(served: Served) -> list[str]:
    """§4.3, Lemmy 1.0: an attachment of another shape fails the whole post."""
    broken, note = Broken("lemmy note"), inner(served.document)
    for picture in parts("attachment", note):
        broken(isinstance(picture.get("url"), str) or isinstance(picture.get("href"), str), "url or href is a string")
        broken(among(picture.get("type"), ("Link", "Image", "Document")), "the type is Link, Image or Document")
    return broken


def check_lemmy_request(sent: Sent) -> list[str]:
    """§2.2, §5.1, Lemmy 1.0: `#` in keyId, a Digest, an audience on everything."""
    broken = Broken("lemmy request")
    broken("#" in text(signature(sent).get("keyId")), "keyId holds #")
    if sent.method == "POST":
        right = signs(sent, "digest") and sent.headers.get("digest") == digest(sent)
        broken(right, "the Digest is signed and right")
        audience = [*items(get(sent.document, "to")), *items(get(sent.document, "cc"))]
        broken(audience and all(isinstance(one, str) for one in audience), "there is an audience")
    return broken


def check_piefed_label(served: Served) -> list[str]:
    """§4.12, PieFed (2025): `genAI` is a plain boolean on what is created, or absent."""
    broken, note = Broken("piefed note"), inner(served.document)
    pictures = [one for one in parts("attachment", note) if one.get("digitalSourceType")]
    broken(get(note, "genAI") in (None, True), "genAI is true or absent")
    broken(not pictures or get(note, "genAI") is True, "labelled pictures make the Note genAI")
    return broken


def check_strict_signature(sent: Sent) -> list[str]:
    """§2.1, §2.2, BookWyrm, snac 2.94, Wafrn, Friendica: split at commas, exact names, one date pattern."""
    broken, given = Broken("strict signature"), signature(sent)
    header = sent.headers.get("signature", "")
    start, _, last = header.rpartition(",signature=")
    broken(all(BARE.fullmatch(part) for part in start.split(",")), "parameters split at bare commas, without trimming")
    broken(re.fullmatch(r'"[A-Za-z0-9+/]+=*"', last), "the signature is the last parameter, in base64")
    broken(given.get("algorithm") == "rsa-sha256", "the algorithm is rsa-sha256")
    wanted = ["(request-target)", "host", "date", *(["digest"] if sent.method == "POST" else [])]
    broken(covered(sent)[: len(wanted)] == wanted, "target, host, date and digest come first, in this order")
    broken(abs(date_age(sent)) <= 300, "the date is an IMF-fixdate in GMT, within five minutes")
    return broken


def check_mbin_activity(sent: Sent) -> list[str]:
    """§2.2, Mbin and BookWyrm: a date, an id, an object, all on the key's host."""
    broken, body = Broken("mbin activity"), sent.document
    home = host(signature(sent).get("keyId"))
    broken(sent.headers.get("date"), "there is a Date")
    broken(host(get(body, "id")) == host(get(body, "actor")) == home != "", "key, actor and id are on one host")
    broken(get(body, "object"), "there is an object")
    return broken


def check_snac_audience(sent: Sent) -> list[str]:
    """§4.5, snac 2.94: Public is written out, or it is "not for us"."""
    broken, body = Broken("snac audience"), sent.document
    audience = [*items(get(body, "to")), *items(get(body, "cc"))]
    short = {"as:Public", "Public"}
    broken(not short & {one for one in audience if isinstance(one, str)}, f"Public is {PUBLIC}")
    return broken
