"""How people come in: the door's setting, invitations, and requests, for the owner and for moderators."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import invites, requests, signups
from actors.signups import Mode, SignUps
from fediverse_ai import joining
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.moderation import desk as moderation
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of, page

INVITES = "/owner/invites"
MODES = {
    Mode.CLOSED: (marked("Closed"), marked("Nobody comes in but by the command line.")),
    Mode.INVITE: (marked("By invitation"), marked("Whoever has a link that still works.")),
    Mode.APPROVAL: (marked("On request"), marked("Anybody may ask, and somebody answers; invitations work too.")),
}


async def show(request: Request) -> Response:
    """GET /owner/invites"""
    return await _invites(request)


async def _invites(request: Request, link: str = "") -> Response:
    async with context_of(request).database.read() as session:
        door, found = await signups.now(session), await invites.listed(session)
    modes = [(mode.value, _(name), _(hint)) for mode, (name, hint) in MODES.items()]
    return desk.show(request, "invites.html", door_now=door, modes=modes, found=found, link=link, bounds=limits)


async def change(request: Request) -> Response:
    """POST /owner/signups: {mode, members_invite, question}"""
    fields = await desk.form(request)
    try:
        door = SignUps(
            signups.mode_of(fields.get("mode", "")), bool(fields.get("members_invite")), fields.get("question", "")
        )
        async with context_of(request).database.write() as session:
            await signups.put(session, door, await desk.admin(session, request))
    except desk.SAYABLE as error:
        return desk.back(request, INVITES, _(error.public), bad=True)
    return desk.back(request, INVITES, _("It holds from now on, and the server says so."))


async def invite(request: Request) -> Response:
    """POST /owner/invites: {uses, days, note}: the answer shows the link, once."""
    fields = await desk.form(request)
    try:
        async with context_of(request).database.write() as session:
            by = await desk.admin(session, request)
            _row, secret = await invites.make(
                session, by, uses=number_of(fields, "uses"), days=number_of(fields, "days"), note=fields.get("note", "")
            )
    except desk.SAYABLE as error:
        return desk.back(request, INVITES, _(error.public), bad=True)
    return await _invites(request, f"{context_of(request).config.public_url}/invite/{secret}")


def number_of(fields: dict[str, str], name: str) -> int:
    """A number of a form. Raises Unprocessable for what is none."""
    text = fields.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unprocessable(_("Give a number."))
    return int(text)


async def revoke(request: Request) -> Response:
    """POST /owner/invites/{id}/revoke"""
    await desk.form(request)
    try:
        async with context_of(request).database.write() as session:
            await invites.revoke(session, moderation.number(request), await desk.admin(session, request))
    except desk.SAYABLE as error:
        return desk.back(request, INVITES, _(error.public), bad=True)
    return desk.back(request, INVITES, _("The link lets nobody in any more."))


async def show_requests(request: Request) -> Response:
    """GET /owner/requests and /moderation/requests: the same rows, each in its own family of pages."""
    family = request.url.path.split("/")[1]
    async with context_of(request).database.read() as session:
        waiting = await requests.listed(session)
        decided = await requests.listed(session, decided=True)
        names = await moderation.names(session, [row.decided_by_id for row in decided])
        door = await signups.now(session)
    return page(
        request, "owner/requests.html", kept=False, most=limits.REASON_CHARS, family=family, waiting=waiting,
        decided=decided, names=names, door_now=door,
    )  # fmt: skip


async def decide(request: Request) -> Response:
    """POST /owner/requests/{id} and /moderation/requests/{id}: {verb: approve or deny; note}"""
    fields = await moderation.form(request)
    path = f"/{request.url.path.split('/')[1]}/requests"
    try:
        if fields.get("verb") not in ("approve", "deny"):
            raise Unprocessable(_("Choose what to do."))
        async with context_of(request).database.write() as session:
            by = await moderation.moderator(session, request)
            row = await requests.by_id(session, moderation.number(request))
            yes = fields["verb"] == "approve"
            await joining.decide(session, row, by, yes=yes, note=fields.get("note", ""))
            name = row.name
    except moderation.SAYABLE as error:
        return moderation.back(request, path, _(error.public), bad=True)
    said = _("@%(name)s is in.") if yes else _("@%(name)s was told no.")
    return moderation.back(request, path, said % {"name": name})
