"""Apps whose client id is the address of a document about them: client-id metadata documents and FEP-d8c2 objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from actors import apps
from actors.models import App
from actors.policy import DomainRules
from fediverse_ai.activitypub import document
from fediverse_ai.core import scopes
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Malformed, Unprocessable, Unreachable
from fediverse_ai.core.limits import (
    CLIENT_DOCUMENT_BYTES,
    CLIENT_DOCUMENT_SECONDS,
    CLIENT_DOCUMENTS_PER_ACCOUNT,
    FETCH_DOCUMENT_SECONDS,
    NAME_CHARS,
    URL_LENGTH,
    RateLimiter,
)
from fediverse_ai.core.urls import check_id, same_origin
from fediverse_ai.oauth import redirects, words

# Which of the two it is, is decided by what comes.
_ACCEPT = "application/json, application/activity+json;q=0.9, application/ld+json;q=0.8"
_TYPES = frozenset({"Application", "Service"})


@dataclass(frozen=True, slots=True)
class _Described:
    name: str
    redirect_uris: list[str]
    website: str | None
    scopes: str
    refreshes: bool


def is_address(client_id: str) -> bool:
    """Is a client id one that says where to read about the app?"""
    return client_id.startswith(("https://", "http://"))


async def look(context: Context, client_id: str, account_id: int) -> App:
    """The app that lives at this address, read anew when what we know is a day old.

    Only for people who are signed in: a stranger must not make us fetch. Raises Unprocessable with a sentence for the
    page, TooMany, and what a refused or failed fetch raises.
    """
    await _check_address(context, client_id)
    async with context.database.read() as session:
        known = await apps.app_of(session, client_id)
    now = context.clock.now_ms()
    if known is not None and (known.fetched_ms or 0) > now - CLIENT_DOCUMENT_SECONDS * 1000:
        return known
    context.part(RateLimiter).check(f"client-document:{account_id}", CLIENT_DOCUMENTS_PER_ACCOUNT)
    try:
        described = await _fetch(context, client_id)
    except Unreachable:
        # Whoever used it yesterday may go on while its home is away.
        if known is not None:
            return known
        raise
    async with context.database.write() as session:
        return await apps.keep_document(
            session,
            client_id,
            name=described.name,
            redirect_uris=described.redirect_uris,
            website=described.website,
            scopes=described.scopes,
            refreshes=described.refreshes,
        )


async def _fetch(context: Context, client_id: str) -> _Described:
    answer = await context.http.get(
        client_id,
        headers={"Accept": _ACCEPT},
        limit=CLIENT_DOCUMENT_BYTES,
        deadline=FETCH_DOCUMENT_SECONDS,
        redirects=0,
    )
    if answer.status >= 500 or answer.status == 429:
        raise Unreachable("The app's own server does not answer now.", f"{client_id}: {answer.status}")
    if answer.status != 200:
        raise Unprocessable("There is no description of this app at its address.", f"{client_id}: {answer.status}")
    try:
        found = document.parse(answer.body)
    except Malformed as error:
        raise Unprocessable("The description of this app cannot be read.", f"{client_id}: {error.detail}") from None
    # An ActivityPub object never has a `client_id`, metadata always do.
    described = _metadata(client_id, found) if "client_id" in found else _object(client_id, found)
    if not described.redirect_uris:
        raise Unprocessable("The description of this app names no address that may be redirected to.", client_id)
    return described


async def _check_address(context: Context, client_id: str) -> None:
    """An https address with a path and nothing that two readers could take for different things."""
    try:
        if len(client_id) > URL_LENGTH or "#" in client_id:
            raise Malformed("The address of this app cannot be used.", client_id[:200])
        check_id(client_id)
    except Malformed as error:
        raise Unprocessable("The address of this app cannot be used.", error.detail) from None
    if same_origin(client_id, context.config.public_url):
        raise Unprocessable("No app of that name lives here.", client_id[:200])
    if urlsplit(client_id).path in ("", "/"):
        raise Unprocessable("The address of an app needs a path.", client_id[:200])
    await context.part(DomainRules).require_welcome(client_id)


def _metadata(client_id: str, found: dict[str, Any]) -> _Described:
    """draft-ietf-oauth-client-id-metadata-document: the document has to name its own address."""
    if found.get("client_id") != client_id:
        raise Unprocessable("The description of this app is about another one.", str(found.get("client_id"))[:200])
    if found.get("token_endpoint_auth_method", "none") != "none":
        raise Unprocessable("Only apps without a secret can be described at an address.", client_id)
    grants = found.get("grant_types")
    asked = found.get("scope")
    return _Described(
        name=_name(found.get("client_name"), client_id),
        redirect_uris=_redirects(found.get("redirect_uris")),
        website=_page(found.get("client_uri")),
        scopes=" ".join(scopes.known(asked) if isinstance(asked, str) and asked else scopes.WHOLE),
        refreshes=isinstance(grants, list) and "refresh_token" in grants,
    )


def _object(client_id: str, found: dict[str, Any]) -> _Described:
    """FEP-d8c2: an ActivityPub object of the same id with `redirectURI`."""
    if document.id_of(found) != client_id:
        raise Unprocessable("The description of this app is about another one.", str(found.get("id"))[:200])
    if not _TYPES & set(document.as_list(found.get("type"))):
        raise Unprocessable("What lies at this address is no app.", f"{client_id}: {str(found.get('type'))[:100]}")
    name = document.string(found, "name", NAME_CHARS) or document.string(found, "summary", NAME_CHARS)
    return _Described(
        name=_name(name, client_id),
        redirect_uris=_redirects(found.get("redirectURI")),
        website=_page(found.get("url")),
        scopes=" ".join(scopes.WHOLE),
        refreshes=False,
    )


def _name(value: object, client_id: str) -> str:
    return (words.plain_name(value) if isinstance(value, str) else "") or (urlsplit(client_id).hostname or "An app")


def _redirects(value: object) -> list[str]:
    """Those of a document that may be redirected to; one string counts as a list of one."""
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return redirects.listed([uri for uri in given if isinstance(uri, str) and redirects.acceptable(uri)]) or []


def _page(value: object) -> str | None:
    fine = isinstance(value, str) and value.startswith("https://") and len(value) <= URL_LENGTH and value.isprintable()
    return str(value) if fine else None
