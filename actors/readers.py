"""Who signed this GET, and must it be signed at all? (authorised fetch)"""

from __future__ import annotations

from starlette.requests import Request

from actors import policy, queries
from actors.authentication import Authenticator, signed_request
from actors.models import Actor
from fediverse_ai.activitypub import challenges
from fediverse_ai.core.access import allows, principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, RequestError, Unauthenticated, Vanished


async def signer_of(request: Request) -> Actor | None:
    """The actor who signed this GET, or None: a bad signature opens nothing and tells nothing."""
    context: Context = request.app.state.context
    if not {"signature", "signature-input"} & set(request.headers.keys()):
        return None
    try:
        sender = await context.part(Authenticator).authenticate(signed_request(request, None))
    except (RequestError, Vanished):
        return None
    async with context.database.read() as session:
        return await queries.by_id(session, sender.actor_id)


async def person_of(request: Request) -> Actor | None:
    """Whose app asks with a token that may read posts; None for everybody else. A browser's cookie is for pages."""
    principal = principal_of(request)
    if principal is None or principal.via != "token" or not allows(principal.scopes, "read:statuses"):
        return None
    context: Context = request.app.state.context
    async with context.database.read() as session:
        return await queries.by_id(session, principal.actor_id)


async def reader_of(request: Request) -> Actor | None:
    """Who reads: a person of ours through an app, or whoever signed."""
    return await person_of(request) or await signer_of(request)


def wants_signature(context: Context, owner: Actor) -> bool:
    """Is reading this actor's posts and lists a matter for known servers only? Its own document stays open always."""
    return context.config.federation.authorized_fetch or owner.authorized_fetch


async def require_reader(request: Request, owner: Actor) -> Actor | None:
    """The signed reader, or None where nobody need sign.

    Raises Unauthenticated for an unsigned or badly signed request where a signature is wanted, Forbidden for a reader
    who is suspended here or has a block with the owner.
    """
    context: Context = request.app.state.context
    if not wants_signature(context, owner):
        return None
    reader = await reader_of(request)
    if reader is None:
        error = Unauthenticated("Please sign this request.", "authorised fetch")
        error.headers[challenges.HEADER] = challenges.ask(body=False)
        raise error
    async with context.database.read() as session:
        if not policy.living(reader) or await policy.blocked_between(session, reader.id, owner.id):
            raise Forbidden("This is not for you.", f"{reader.uri} reads {owner.uri}")
    return reader
