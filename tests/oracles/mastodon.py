"""Mastodon 4.6: what it asks of documents and requests before it takes them (read in its source and documentation)."""

from __future__ import annotations

import re

from tests.oracles.facts import (
    PUBLIC,
    Broken,
    Sent,
    Served,
    age_seconds,
    among,
    covered,
    date_age,
    digest,
    get,
    host,
    html,
    inner,
    is_activity_answer,
    is_moment,
    is_url,
    items,
    names_context,
    parts,
    signature,
    text,
)  # fmt: skip

USERNAME = re.compile(r"[a-z0-9_]+([a-z0-9_.-]+[a-z0-9_]+)?|[a-z0-9.-]+(:\d+)?", re.IGNORECASE)
BASE83 = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]+")
ELEMENTS = {
    "p", "span", "br", "a", "del", "pre", "code", "em", "strong", "b", "i", "u", "ul", "ol", "li", "blockquote",
}  # fmt: skip
CLASSES = re.compile(r"[hpudet]{1,2}-.+|mention|hashtag|ellipsis|invisible|quote-inline")
PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif", "image/avif"}


def check_webfinger(served: Served) -> list[str]:
    """§1.1, §1.3, Mastodon 4.6: the account search starts here."""
    broken, body = Broken("mastodon webfinger"), served.document
    links = [link for link in parts("links", body) if link.get("rel") == "self"]
    subject = text(get(body, "subject"))
    broken(served.status == 200, "the name is answered with 200")
    broken(served.headers.get("content-type", "").startswith("application/jrd+json"), "the answer is JRD")
    broken(re.fullmatch(r"acct:[A-Za-z0-9_.:-]+@[A-Za-z0-9.:-]+", subject), "the subject is acct:user@domain")
    broken(subject.rpartition("@")[2] == host(served.url), "the subject stays on the host that was asked")
    broken(len(links) == 1, "there is exactly one self link")
    broken(get(links, 0, "type") == "application/activity+json", "the self link is ActivityPub")
    broken(is_url(get(links, 0, "href")), "the self link is an address")
    broken(get(links, 0, "href") in items(get(body, "aliases")), "the actor is among the aliases")
    return broken


def check_actor(served: Served) -> list[str]:
    """§1.3, §1.6, §3.2, §7.2, Mastodon 4.6: an account is made only of a document that keeps these."""
    broken, body = Broken("mastodon actor"), served.document
    broken(is_activity_answer(served), "the content type is ActivityPub's")
    broken(served.size < 1_000_000, "the document is below 1 MB")
    broken(names_context(body), "@context holds the ActivityStreams URL literally")
    broken(get(body, "id") == served.url, "the id is the address that was asked")
    kinds = {"Application", "Group", "Organization", "Person", "Service"}
    broken(among(get(body, "type"), kinds), "the type is an actor's")
    broken(USERNAME.fullmatch(text(get(body, "preferredUsername"))), "preferredUsername has a name's letters")
    broken(is_url(get(body, "inbox")), "there is an inbox")
    broken(is_url(get(body, "url")), "url is one string")
    broken(host(get(body, "url")) == host(get(body, "id")), "url is on the host of the id")
    broken(isinstance(get(body, "summary"), str), "summary is HTML as a string")
    for flag in ("manuallyApprovesFollowers", "discoverable", "indexable", "memorial", "suspended"):
        broken(isinstance(get(body, flag), bool), f"{flag} is true or false")
    broken(is_moment(get(body, "published")), "published is a time")
    broken(re.fullmatch(r"[^@:]+(:\d+)?@[^@]+", text(get(body, "webfinger"))), "webfinger is user@domain alone")
    key = get(body, "publicKey")
    broken("BEGIN PUBLIC KEY" in text(get(key, "publicKeyPem")), "publicKey holds a PEM")
    broken(get(key, "owner") == get(body, "id"), "the key names its owner")
    broken(text(get(key, "id")).startswith(text(get(body, "id"))), "the key's id leads to the actor")
    return broken


def check_note(served: Served) -> list[str]:
    """§1.6, §4.1, §4.2, Mastodon 4.6: a status."""
    broken, body = Broken("mastodon note"), served.document
    content, languages = text(get(body, "content")), get(body, "contentMap")
    broken(is_activity_answer(served), "the content type is ActivityPub's")
    broken(names_context(body), "@context holds the ActivityStreams URL literally")
    broken(get(body, "id") == served.url, "the id is the address that was asked")
    broken(among(get(body, "type"), ("Note", "Question")), "only these types are shown whole")
    broken(host(get(body, "attributedTo")) == host(get(body, "id")), "the author is on the host of the id")
    broken(is_url(get(body, "url")), "url is a string, the page for people")
    broken(is_moment(get(body, "published")), "published is a time")
    broken(get(body, "name") is None, "a Note with a name would be a vote")
    broken(get(body, "summary") is None or text(get(body, "summary")), "summary is null or a warning, not empty")
    broken(isinstance(get(body, "sensitive"), bool), "sensitive is true or false")
    one = isinstance(languages, dict) and list(languages.values()) == [content]
    broken(content and one, "contentMap has one language with the same string as content")
    found = html(content)
    broken(found.found <= ELEMENTS, "content uses the elements that survive cleaning")
    broken(all(CLASSES.fullmatch(name) for name in found.classes), "content uses the classes that survive cleaning")
    updated = get(body, "updated")
    broken(updated is None or text(updated) > text(get(body, "published")), "updated is absent or later")
    for name in ("likes", "shares", "replies"):
        broken(isinstance(get(body, name, "totalItems"), int), f"{name} has a count")
    # FetchRepliesService and FetchAllRepliesService begin at an embedded collection's `first` and go on by `next`.
    walk = get(body, "replies", "first")
    broken(get(walk, "type") == "CollectionPage", "replies has an embedded first page")
    broken(isinstance(get(walk, "items"), list), "the first page of replies has a list of items")
    broken(
        is_url(get(walk, "next")) or get(body, "replies", "totalItems") == 0, "replies that are counted can be walked"
    )
    return broken


def check_tags(served: Served) -> list[str]:
    """§4.2, §4.5, Mastodon 4.6: tags are indexed from `tag`, mentions need an address and a Mention."""
    broken, body = Broken("mastodon tags"), served.document
    visible = " ".join(html(get(body, "content")).words).replace("# ", "#").lower()
    audience = [*items(get(body, "to")), *items(get(body, "cc"))]
    for tag in parts("tag", body):
        if tag.get("type") == "Hashtag":
            broken(re.fullmatch(r"#\w*[^\W\d]\w*", text(tag.get("name"))), "a hashtag is # and a word")
            broken(is_url(tag.get("href")), "a hashtag has a page")
            broken(text(tag.get("name")).lower() in visible, "a hashtag stands in the text too")
        elif tag.get("type") == "Mention":
            broken(re.fullmatch(r"@\w[\w.-]*@[\w.:-]+", text(tag.get("name"))), "a mention is @user@host")
            broken(tag.get("href") in audience, "who is mentioned is addressed")
    broken(isinstance(get(body, "tag"), list), "tag is a list")
    return broken


def check_media(served: Served) -> list[str]:
    """§4.3, §4.4, Mastodon 4.6: the first four pictures, within the pixels it takes without shrinking."""
    broken = Broken("mastodon media")
    pictures = parts("attachment", served.document)
    broken(isinstance(get(served.document, "attachment"), list), "attachment is a list")
    broken(len(pictures) <= 4, "there are at most four pictures")
    for picture in pictures:
        width, height = picture.get("width"), picture.get("height")
        area = width * height if isinstance(width, int) and isinstance(height, int) else 0
        broken(among(picture.get("mediaType"), PICTURES), "the picture is of a type it takes")
        broken(is_url(picture.get("url")), "the picture's url is a string")
        broken(picture.get("summary") is None, "no summary, which would stand for the alt text")
        broken(0 < len(text(picture.get("name"))) <= 1500, "there is an alt text of at most 1500 characters")
        broken(0 < area <= 8_294_400, "the picture is within 8,294,400 pixels")
        blurhash = text(picture.get("blurhash"))
        broken(BASE83.fullmatch(blurhash), "blurhash is base83")
        broken(_components(blurhash) <= 5, "blurhash has at most five components a side")
        focus = items(picture.get("focalPoint"))
        near = len(focus) == 2 and all(isinstance(one, int | float) and -1 <= one <= 1 for one in focus)
        broken(near, "focalPoint is two numbers from -1 to 1")
    return broken


def _components(blurhash: str) -> int:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
    size = alphabet.find(blurhash[:1]) if blurhash else -1
    return max(size % 9, size // 9) + 1 if size >= 0 else 99


def visibility(document: object, followers: str) -> str:
    """§4.5, Mastodon 4.6: how it reads `to` and `cc`."""
    to, cc = items(get(document, "to")), items(get(document, "cc"))
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    return "private" if followers in [*to, *cc] else "direct"


def check_collection(served: Served) -> list[str]:
    """§3.2, §6.6, Mastodon 4.6: counts of posts, followers and following; `first` says that it may be browsed."""
    broken, body = Broken("mastodon collection"), served.document
    broken(among(get(body, "type"), ("Collection", "OrderedCollection")), "the type is a collection's")
    broken(get(body, "id") == served.url, "the id is the address that was asked")
    total = get(body, "totalItems")
    broken(isinstance(total, int) and total >= 0, "totalItems is a number")
    return broken


def check_activity(sent: Sent) -> list[str]:
    """§4.1, §5.1-§5.3, Mastodon 4.6: each activity in the shape that its worker looks for."""
    broken, body = Broken("mastodon activity"), sent.document
    kind, inside = get(body, "type"), get(body, "object")
    broken(names_context(body), "@context holds the ActivityStreams URL literally")
    broken(is_url(get(body, "id")) and "#" not in text(get(body, "id")), "the id can be fetched")
    if kind in ("Create", "Update") and get(inside, "type") == "Note":
        same = get(body, "to") == get(inside, "to") and get(body, "cc") == get(inside, "cc")
        broken(same, "activity and Note have the same audience")
        broken(get(inside, "attributedTo") == get(body, "actor"), "the Note's author is the actor")
    if kind == "Update" and get(inside, "type") == "Note":
        later = is_moment(get(inside, "updated")) and text(get(inside, "updated")) > text(get(inside, "published"))
        broken(later, "an edit says when, later than published")
    if kind == "Delete":
        broken(is_url(get(inside, "id")) or is_url(inside), "a Delete says what")
    if kind in ("Follow", "Like", "EmojiReact", "Announce", "Block"):
        broken(is_url(inside), "the object is an id")
    if kind == "Announce":
        broken(is_moment(get(body, "published")), "a boost says when")
        broken(PUBLIC in [*items(get(body, "to")), *items(get(body, "cc"))], "a boost is addressed to Public")
    if kind in ("Accept", "Reject", "Undo"):
        broken(is_url(get(inside, "id")) and get(inside, "type"), "the original is embedded with its id")
    return broken


def check_post(sent: Sent) -> list[str]:
    """§2.2, Mastodon 4.6: the signature of a delivery."""
    broken, names, given = Broken("mastodon post"), covered(sent), signature(sent)
    broken({"(request-target)", "digest"} & set(names), "target or digest is signed")
    broken("date" in names or "(created)" in names, "a time is signed")
    timeless = not {"(created)", "(expires)"} & set(names)
    broken(timeless or given.get("algorithm") != "rsa-sha256", "no (created) beside rsa-sha256")
    broken(-3600 <= date_age(sent) <= 3900, "the date is within the hour")
    broken("digest" in names and sent.headers.get("digest") == digest(sent), "the SHA-256 digest is the body's")
    broken(is_url(given.get("keyId")), "keyId is an address")
    return broken


def check_get(sent: Sent) -> list[str]:
    """§1.6, §2.2, Mastodon 4.6 in secure mode: a GET is signed, its host too."""
    broken, names = Broken("mastodon get"), covered(sent)
    broken({"(request-target)", "host"} <= set(names), "target and host are signed")
    broken("date" in names or "(created)" in names, "a time is signed")
    broken(-3600 <= date_age(sent) <= 3900, "the date is within the hour")
    broken("application/activity+json" in sent.headers.get("accept", ""), "ActivityPub is asked for")
    return broken


def check_published(sent: Sent) -> list[str]:
    """§4.2, Mastodon 4.6: a Note's time is a real one."""
    broken, note = Broken("mastodon published"), inner(sent.document)
    if get(note, "type") == "Note":
        broken(-86_400 <= age_seconds(get(note, "published")) <= 3600, "a Note sent now was published now")
    return broken
