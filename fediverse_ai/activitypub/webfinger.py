"""acct: names, the documents under /.well-known that resolve them, and asking another server for one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from fediverse_ai.activitypub.document import Document, objects, parse, string
from fediverse_ai.activitypub.fetch import retry_after
from fediverse_ai.activitypub.negotiation import is_activity_type
from fediverse_ai.activitypub.vocabulary import ACTIVITY_JSON, JRD_JSON
from fediverse_ai.core.errors import Malformed, Nonsense, Unreachable, Vanished
from fediverse_ai.core.http import Budget, Http
from fediverse_ai.core.limits import URL_LENGTH
from fediverse_ai.core.urls import canonical_host, check_id

# Wider than any server's own alphabet (Misskey, Mastodon); the port is for instance actors in development.
_USERNAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?(?::[0-9]{1,5})?")
_PROFILE_PAGE: Final = "http://webfinger.net/rel/profile-page"
_SERVER: Final = "https://www.w3.org/ns/activitystreams#Service"
_AVATAR: Final = "http://webfinger.net/rel/avatar"
_OPEN: Final = "/authorize_interaction?uri={object}"
# What one of ours can be sent here for, by link relation. The last one is older than the others and known everywhere.
_INTENTS: Final = {
    "https://w3id.org/fep/3b86/Object": _OPEN,
    "https://w3id.org/fep/3b86/Follow": _OPEN,
    "https://w3id.org/fep/3b86/Like": _OPEN,
    "https://w3id.org/fep/3b86/Announce": _OPEN,
    "https://w3id.org/fep/3b86/Create": "/share?text={content}&reply={inReplyTo}",
    "http://ostatus.org/schema/1.0/subscribe": "/authorize_interaction?uri={uri}",
}


class Handle(NamedTuple):
    """A name on a host: the name as written, the host canonical (with its port, in development)."""

    username: str
    host: str

    def __str__(self) -> str:
        return f"{self.username}@{self.host}"


@dataclass(frozen=True, slots=True)
class Finger:
    """What WebFinger says about a name: the actor's id and the name that its server calls canonical."""

    actor_uri: str
    subject: Handle


def parse_handle(text: str) -> Handle:
    """`name@host`, `@name@host` or `acct:name@host`, the host canonical. Raises Malformed for anything else."""
    name = text[5:] if text[:5].lower() == "acct:" else text
    username, at, host = name.removeprefix("@").partition("@")
    if not at or not _USERNAME.fullmatch(username) or len(host) > URL_LENGTH:
        raise Malformed("This is not a name like @name@server.", f"handle {text[:200]!r}")
    return Handle(username, canonical_host(host))


def parse_resource(resource: str) -> Handle | str:
    """The `resource` of a WebFinger request (already percent-decoded): a Handle, or the http(s) URL itself.

    Compare names without regard to case. Raises Malformed for everything else, names without a host included.
    """
    if resource[:8].lower().startswith(("https://", "http://")):
        if len(resource) > URL_LENGTH or not resource.isprintable():
            raise Malformed("The resource is not a usable address.", f"resource {resource[:200]!r}")
        return resource
    return parse_handle(resource)


def jrd(
    *,
    subject: Handle,
    actor_uri: str,
    profile_url: str | None = None,
    avatar: tuple[str, str] | None = None,
    aliases: Iterable[str] = (),
    pages: str | None = None,
    server: bool = False,
) -> dict[str, Any]:
    """The answer about one of our actors (RFC 7033); `avatar` is (url, media type), `pages` the address below which
    this actor's person acts on what they meet elsewhere: buttons of other servers lead there (FEP-3b86).

    Exactly one `self` link, because several servers take the first whatever its type.
    """
    names = dict.fromkeys([*([profile_url] if profile_url else []), actor_uri, *aliases])
    links: list[dict[str, str]] = []
    if profile_url:
        links.append({"rel": _PROFILE_PAGE, "type": "text/html", "href": profile_url})
    links.append({"rel": "self", "type": ACTIVITY_JSON, "href": actor_uri})
    if avatar:
        links.append({"rel": _AVATAR, "type": avatar[1], "href": avatar[0]})
    if server:
        # The actor of the server itself, found by the server's address (FEP-d556).
        links.append({"rel": _SERVER, "type": ACTIVITY_JSON, "href": actor_uri})
    if pages:
        links += [{"rel": rel, "template": f"{pages}{template}"} for rel, template in _INTENTS.items()]
    return {"subject": f"acct:{subject}", "aliases": list(names), "links": links}


def host_meta_xml(public_url: str) -> str:
    """The host-meta document (RFC 6415) that points to WebFinger; Pleroma and Friendica ask for it."""
    template = quoteattr(_template(public_url))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="{JRD_JSON}" template={template}/>\n'
        "</XRD>\n"
    )


def host_meta_json(public_url: str) -> dict[str, Any]:
    """The same as JSON (`host-meta.json`), as Misskey has it."""
    return {"links": [{"rel": "lrdd", "type": JRD_JSON, "template": _template(public_url)}]}


def _template(public_url: str) -> str:
    return f"{public_url.rstrip('/')}/.well-known/webfinger?resource={{uri}}"


async def finger(
    http: Http, username: str, host: str, budget: Budget | None = None, *, scheme: str = "https"
) -> Finger:
    """Ask `host` who `username` is, and the host of the subject too when that is another name (as Mastodon does).

    The caller still checks that the actor's document has exactly this id. `scheme` is http only in development.
    Raises Vanished (no such name), Unreachable, Nonsense (no subject, not exactly one usable `self` link, or a second
    change of name), Malformed when the name asked for is none.
    """
    asked = parse_handle(f"{username}@{host}")
    document = await _ask(http, asked, budget, scheme)
    subject = _subject(document)
    if not _same(subject, asked):
        asked = subject
        document = await _ask(http, asked, budget, scheme)
        subject = _subject(document)
        if not _same(subject, asked):
            raise Nonsense("The other server does not agree with itself about the name.", f"{asked} became {subject}")
    return Finger(_self_link(document), subject)


async def link_templates(
    http: Http, handle: Handle, budget: Budget | None = None, *, scheme: str = "https"
) -> dict[str, str]:
    """Where somebody's own server takes them when they want to do something: rel -> URI template (RFC 6570, level 1).

    Activity Intents (FEP-3b86) and the older `subscribe` are such links. Raises as `finger` does.
    """
    found: dict[str, str] = {}
    for link in objects(await _ask(http, handle, budget, scheme), "links"):
        rel, template = string(link, "rel", URL_LENGTH), string(link, "template", URL_LENGTH)
        if rel and template:
            found.setdefault(rel, template)
    return found


def _same(first: Handle, second: Handle) -> bool:
    return first.host == second.host and first.username.lower() == second.username.lower()


async def _ask(http: Http, handle: Handle, budget: Budget | None, scheme: str) -> Document:
    url = f"{scheme}://{handle.host}/.well-known/webfinger?resource={quote(f'acct:{handle}', safe=':@')}"
    answer = await http.get(url, headers={"Accept": f"{JRD_JSON}, application/json"}, budget=budget)
    if answer.status in (404, 410):
        raise Vanished("There is nobody of this name.", f"{url}: {answer.status}", gone=answer.status == 410)
    if answer.status >= 500 or answer.status == 429:
        raise Unreachable(
            "The other server cannot answer now.", f"{url}: {answer.status}", retry_after=retry_after(answer.headers)
        )
    if answer.status != 200:
        raise Nonsense("The other server refused to answer.", f"{url}: {answer.status}")
    try:
        return parse(answer.body)
    except Malformed as error:
        raise Nonsense("The other server's answer cannot be read.", f"{url}: {error.detail}") from None


def _subject(document: Document) -> Handle:
    try:
        return parse_handle(string(document, "subject", URL_LENGTH) or "")
    except Malformed as error:
        raise Nonsense("The other server's answer names nobody.", error.detail) from None


def _self_link(document: Document) -> str:
    found = {
        href
        for link in objects(document, "links")
        if link.get("rel") == "self"
        and is_activity_type(string(link, "type", 200) or "")
        and (href := string(link, "href", URL_LENGTH))
    }
    if len(found) != 1:
        raise Nonsense("The other server names no actor for this name.", f"{len(found)} self links")
    try:
        return check_id(found.pop())
    except Malformed as error:
        raise Nonsense("The other server names an actor that cannot be asked.", error.detail) from None
