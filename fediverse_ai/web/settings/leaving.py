"""/settings/account: come from another account, go to another one, point to one, or leave for good."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Actor
from actors.remote import resolve
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Elsewhere, Malformed, Missing, RequestError, Unprocessable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Wrong
from outbox import leave
from outbox import move as moves

_PATH = "/settings/account"


async def show(request: Request) -> Response:
    """The page."""
    return await _page(request)


async def _page(request: Request, wrong: Wrong | None = None, status: int = 200, typed: str = "") -> Response:
    context = context_of(request)
    async with context.database.read() as session:
        account, actor = await frame.mine(session, request)
        known = await queries.by_uris(session, [*actor.also_known_as, *filter(None, [actor.moved_to_uri])])
        followers = (await queries.counts(session, actor.id)).followers
    said = {uri: known[uri].handle if uri in known else uri for uri in [*actor.also_known_as, actor.moved_to_uri or ""]}
    lately = moves.moved_lately(actor, context.clock.now_ms())
    return frame.show(
        request,
        "account.html",
        status,
        wrong=wrong,
        typed=typed,
        handle=actor.handle,
        aliases=[(uri, said[uri]) for uri in actor.also_known_as],
        moved_to=said[actor.moved_to_uri] if actor.moved_to_uri else "",
        again_ms=(actor.moved_ms or 0) + limits.MOVE_SECONDS * 1000 if lately else None,
        leaves_ms=account.leaves_ms,
        followers=followers,
        hours=int(limits.ERASE_GRACE_SECONDS // 3600),
    )


async def add_alias(request: Request) -> Response:
    """POST /settings/account/aliases: name another account of one's own, so that it can move here."""
    fields = await forms.read_form(request)
    context = context_of(request)
    typed = fields.get("alias", "").strip()
    try:
        _check_address(typed)
        context.part(limits.RateLimiter).check(f"resolve:{frame.me(request).account_id}", limits.RESOLVES_PER_ACCOUNT)
        other_id = await resolve(context, typed, Budget(clock=context.clock))
        async with context.database.write() as session:
            _account, actor = await frame.mine(session, request)
            other = await session.get_one(Actor, other_id)
            if other.id == actor.id:
                raise Unprocessable(_("This is the account that you are in."))
            await moves.set_aliases(session, actor, [*actor.also_known_as, other.uri])
    except (RequestError, Elsewhere) as error:
        return await _page(request, Wrong({"alias": _(error.public)}), 422, typed)
    return frame.back(request, _PATH, _("Now you can start the move there."))


async def drop_alias(request: Request) -> Response:
    """POST /settings/account/aliases/remove"""
    fields = await forms.read_form(request)
    async with context_of(request).database.write() as session:
        _account, actor = await frame.mine(session, request)
        await moves.set_aliases(session, actor, [uri for uri in actor.also_known_as if uri != fields.get("uri")])
    return frame.back(request, _PATH)


async def move(request: Request) -> Response:
    """POST /settings/account/move: to another account, with the followers or only pointing there; asks the password."""
    fields = await forms.read_form(request)
    context = context_of(request)
    typed = fields.get("target", "").strip()
    if refusal := await frame.refused(request, context, fields.get("password", "")):
        return await _page(request, Wrong({"move_password": refusal}), 422, typed)
    try:
        _check_address(typed)
        context.part(limits.RateLimiter).check(f"resolve:{frame.me(request).account_id}", limits.RESOLVES_PER_ACCOUNT)
        target_id = await moves.find_target(context, typed)
        async with context.database.write() as session:
            _account, actor = await frame.mine(session, request)
            target = await session.get_one(Actor, target_id)
            if fields.get("followers"):
                await moves.move(session, actor, target)
            else:
                await moves.point(session, actor, target)
    except (RequestError, Elsewhere) as error:
        return await _page(request, Wrong({"target": _(error.public)}), 422, typed)
    if fields.get("followers"):
        return frame.back(request, _PATH, _("You moved. Your followers' servers are told."))
    return frame.back(request, _PATH, _("Your profile points there now."))


async def stay(request: Request) -> Response:
    """POST /settings/account/stay: the sign of a move is taken down."""
    await forms.read_form(request)
    async with context_of(request).database.write() as session:
        _account, actor = await frame.mine(session, request)
        await moves.stay(session, actor)
    return frame.back(request, _PATH, _("This account is in use again."))


async def end(request: Request) -> Response:
    """POST /settings/account/delete: asks the password, and the name typed out; erased after the grace."""
    fields = await forms.read_form(request)
    context = context_of(request)
    me = frame.me(request)
    if fields.get("name", "").strip().removeprefix("@").lower() != me.username.lower():
        return await _page(request, Wrong({"name": _("Type the name of your account.")}), 422)
    if refusal := await frame.refused(request, context, fields.get("password", "")):
        return await _page(request, Wrong({"end_password": refusal}), 422)
    try:
        async with context.database.write() as session:
            account, _actor = await frame.mine(session, request)
            await leave.ask(session, account)
    except RequestError as error:
        return await _page(request, Wrong({"name": _(error.public)}), error.status)
    return frame.back(request, _PATH, _("Your account will be erased. Until then you can take it back here."))


async def take_back(request: Request) -> Response:
    """POST /settings/account/keep: not erased after all."""
    await forms.read_form(request)
    async with context_of(request).database.write() as session:
        account, _actor = await frame.mine(session, request)
        if account.leaves_ms is None:
            raise Missing("There is nothing to take back.")
        await leave.stay(session, account)
    return frame.back(request, _PATH, _("Your account stays."))


def _check_address(typed: str) -> None:
    if not typed or len(typed) > limits.URL_LENGTH:
        raise Malformed(_("Write an account such as ann@example.org."))
