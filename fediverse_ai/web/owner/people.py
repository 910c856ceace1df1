"""People, for those who run the server: found by name, role and state, and each with role, quota and a way back in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import audit, invites, one_time, people
from actors.audit import Subject
from actors.models import Account
from actors.people import Person
from fediverse_ai.core import limits, roles
from fediverse_ai.core.errors import Forbidden, Missing, Unprocessable
from fediverse_ai.core.roles import MEANINGS, Right
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of
from outbox import measures, quotas
from outbox.restraints import in_force

PATH = "/owner/people"
ROLES: Mapping[str, str] = {
    "owner": marked("owner"), "admin": marked("admin"), "moderator": marked("moderator"), "member": marked("member"),
}  # fmt: skip
STATES: Mapping[str, str] = {
    "active": marked("active"), "suspended": marked("suspended"), "disabled": marked("closed"),
    "leaving": marked("is leaving"), "gone": marked("gone"),
}  # fmt: skip


async def show(request: Request) -> Response:
    """GET /owner/people?q=&role=&state=&before="""
    asked = request.query_params
    words, role, state = asked.get("q", ""), asked.get("role", ""), asked.get("state", "")
    before = asked.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    async with context_of(request).database.read() as session:
        found = await people.found(session, words=words, role=role, state=state, before_id=before_id)
        used = await quotas.of_many(session, [person.actor.id for person in found])
        by = {person.account.id: await invites.inviter_of(session, person.account.id) for person in found}
    older = ""
    if len(found) == limits.PEOPLE_ROWS:
        chosen = {"q": words, "role": role, "state": state, "before": str(found[-1].account.id)}
        older = f"{PATH}?{urlencode(chosen)}"
    config = context_of(request).config
    bounds = {name: config.quotas.of(name) for name in roles.NAMES}
    return desk.show(
        request, "people.html", found=found, used=used, by=by, bounds=bounds, older=older, words=words, role=role,
        state=state, **_words(),
    )  # fmt: skip


def _words() -> dict[str, Any]:
    return {"roles": {name: _(ROLES[name]) for name in ROLES}, "states": {name: _(STATES[name]) for name in STATES}}


async def one(request: Request) -> Response:
    """GET /owner/people/{name}"""
    return await _page(request)


async def _page(request: Request, link: str = "") -> Response:
    async with context_of(request).database.read() as session:
        by = await desk.admin(session, request)
        person = await people.by_name(session, request.path_params["name"])
        shares = await quotas.shares(session, person.actor.id)
        inviter = await invites.inviter_of(session, person.account.id)
        invited = await invites.listed(session, made_by=person.account.id)
        suspension = await in_force(session, person.actor.id, "suspend")
    rights = [(_(words), roles.may(person.account.role, right)) for right, words in MEANINGS.items()]
    giving = [name for name in reversed(list(ROLES)) if name != person.account.role and _may_name(by, person, name)]
    return desk.show(
        request, "person.html", person=person, inviter=inviter, invited=invited, rights=rights, giving=giving,
        shares=[(_(quotas.KINDS[share.kind]), share) for share in shares], link=link, below=_below(by, person),
        suspension=suspension, minutes=limits.RESET_LINK_SECONDS // 60, **_words(),
    )  # fmt: skip


def _may_name(by: Account, person: Person, role: str) -> bool:
    return all(roles.may(by.role, roles.naming(one)) for one in (role, person.account.role))


def _below(by: Account, person: Person) -> bool:
    """Whether somebody is of a lower role: whoever could sign in as another would have their rights."""
    return roles.rank(person.account.role) < roles.rank(by.role)


async def act(request: Request) -> Response:
    """POST /owner/people/{name}: {verb: role, reset, suspend or lift; role, reason}"""
    fields = await desk.form(request)
    verb = fields.get("verb", "")
    path = f"{PATH}/{request.path_params['name']}"
    try:
        async with context_of(request).database.write() as session:
            by = await desk.admin(session, request)
            person = await people.by_name(session, request.path_params["name"])
            link = await _do(session, by, person, verb, fields)
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    # A secret goes into no cookie and no address of ours: it is on this answer and nowhere else.
    return await _page(request, link) if link else desk.back(request, path, _("Done."))


async def _do(session: AsyncSession, by: Account, person: Person, verb: str, fields: Mapping[str, str]) -> str:
    """One verb; gives the link of a new password, where that was asked for."""
    if verb == "role":
        await people.change_role(session, person, fields.get("role", ""), by, desk.reason_of(fields))
    elif verb == "reset":
        return await reset_link(session, person, by)
    elif verb == "suspend":
        told = measures.Reasons(fields.get("ground", "").strip(), desk.reason_of(fields))
        await measures.about_person(session, by, person.actor, "suspend", told)
    elif verb == "lift":
        made = await in_force(session, person.actor.id, "suspend")
        if made is None:
            raise Missing(_("There is no such measure."))
        await measures.lift(session, made, by, desk.reason_of(fields))
    else:
        raise Unprocessable(_("Choose what to do."))
    return ""


async def reset_link(session: AsyncSession, person: Person, by: Account) -> str:
    """An address under which somebody of a lower role sets a new password. Raises Forbidden."""
    if not _below(by, person) or not roles.may(by.role, Right.RUN):
        raise Forbidden(_("Only for people of a lower role than yours; the command line can do more."))
    await audit.note(session, by, "account.reset-link", _subject(person))
    secret = await one_time.make_reset(session, person.account.id)
    return f"{desk.base(session)}/sign-in/reset/{secret}"


def _subject(person: Person) -> Subject:
    return Subject("actor", person.actor.id, person.actor.handle, person.actor.id)
