"""Coming in by the door for everybody: one way for the page and for apps, with what is wrong told field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, invites, queries, requests, signups, tries
from actors.admission import SignUpRequest
from actors.models import Account, Actor
from actors.requests import Applicant
from fediverse_ai import mail
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _
from outbox import notify


@dataclass(frozen=True, slots=True)
class Application:
    """What a form or an app sends of somebody who wants to come in."""

    name: str
    password: str
    agreed: bool
    reason: str = ""
    invite: str = ""
    """The secret of an invitation, or its whole address."""
    email: str = ""
    language: str = "en"

    @property
    def invite_secret(self) -> str:
        return self.invite.strip().rpartition("/")[2][: limits.NAME_CHARS]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field: Mastodon's word for it, and a sentence."""

    code: str
    sentence: str


class Unfit(Unprocessable):
    """An application with something wrong; `problems` by field: username, password, agreement, reason, email."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems.values()), ", ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Joined:
    """In at once by an invitation, or a request that waits, with the secret of its address."""

    actor: Actor | None = None
    account: Account | None = None
    request: SignUpRequest | None = None
    secret: str = ""


async def join(context: Context, who: Application, address: str, *, token: Mapping[str, Any] | None = None) -> Joined:
    """Let somebody in who is invited, or take their request. `token` is kept for an app until the answer.

    Raises Forbidden where this door is closed, Unfit, TooMany by address or when many wait, Conflict in a race.
    """
    context.part(RateLimiter).check(f"sign-up:{address}", limits.SIGN_UP_TRIES)
    invited = bool(who.invite_secret)
    async with context.database.read() as session:
        await signups.require_open(session, invited=invited)
        found = await _problems(session, context, who, invited=invited)
    if found:
        raise Unfit(found)
    if not invited:
        # An invitation has a bound of its own, and a school class one address.
        sentence = _("Several people have asked to join from your address today; please come back tomorrow.")
        wait = limits.SIGN_UP_WAIT_SECONDS
        rate = limits.SIGN_UPS_PER_ADDRESS
        await tries.count(context, "sign-up", address, rate, doubling=False, longest=wait, sentence=sentence)
    hashed = await accounts.hash_password(who.password)
    email = mail.checked_address(who.email) if who.email.strip() and mail.configured(context.config) else None
    try:
        async with context.database.write() as session:
            await signups.require_open(session, invited=invited)
            return (
                await _enter(session, who, hashed, email) if invited else await _ask(session, who, hashed, email, token)
            )
    except IntegrityError:
        # Two came under one name in the same moment; the database let one of them in.
        raise Conflict(_("The name %(name)s is taken.") % {"name": who.name}) from None


async def _ask(
    session: AsyncSession, who: Application, hashed: str, email: str | None, token: Mapping[str, Any] | None
) -> Joined:
    applicant = Applicant(who.name, hashed, who.reason, email, who.language)
    row, secret = await requests.ask(session, applicant)
    row.token = dict(token or {})
    session.add(row)
    for moderator in await queries.staff(session):
        await notify.tell(session, moderator, "sign_up", f"sign-up:{row.id}")
    await mail.tell_owners(session, "request", {"name": who.name})
    return Joined(request=row, secret=secret)


async def _enter(session: AsyncSession, who: Application, hashed: str, email: str | None) -> Joined:
    invite = await invites.use(session, who.invite_secret)
    await signups.require_free(session, who.name)
    actor, account = await signups.admit(session, who.name, hashed, invite=invite)
    if email is not None:
        about = {"name": who.name}
        await mail.send(session, "confirm", email, account_id=account.id, language=who.language, about=about)
    return Joined(actor=actor, account=account)


async def _problems(session: AsyncSession, context: Context, who: Application, *, invited: bool) -> dict[str, Problem]:
    found: dict[str, Problem] = {}
    if not who.name:
        found["username"] = Problem("ERR_BLANK", _("Choose a name."))
    else:
        try:
            await signups.require_free(session, who.name)
        except Conflict as error:
            found["username"] = Problem("ERR_TAKEN", error.public)
        except Unprocessable as error:
            reserved = who.name.lower() in signups.RESERVED
            found["username"] = Problem("ERR_RESERVED" if reserved else "ERR_INVALID", error.public)
    bounds = {"least": limits.PASSWORD_MIN_CHARS, "most": limits.PASSWORD_MAX_CHARS}
    if not bounds["least"] <= len(who.password) <= bounds["most"]:
        code = "ERR_TOO_SHORT" if len(who.password) < bounds["least"] else "ERR_TOO_LONG"
        found["password"] = Problem(code, _("A password has %(least)d to %(most)d characters.") % bounds)
    elif who.password.lower() == who.name.lower():
        found["password"] = Problem("ERR_INVALID", _("Choose a password that is not your name."))
    if not who.agreed:
        found["agreement"] = Problem("ERR_ACCEPTED", _("Please accept the rules of this server."))
    if not invited and not 0 < len(who.reason.strip()) <= limits.SIGN_UP_REASON_CHARS:
        most = {"most": limits.SIGN_UP_REASON_CHARS}
        words = _("Say why you would like to join, in at most %(most)d characters.") % most
        found["reason"] = Problem("ERR_TOO_LONG" if who.reason.strip() else "ERR_BLANK", words)
    if who.email.strip() and mail.configured(context.config):
        try:
            mail.checked_address(who.email)
        except Unprocessable as error:
            found["email"] = Problem("ERR_INVALID", error.public)
    return found


async def decide(session: AsyncSession, row: SignUpRequest, by: Account | None, *, yes: bool, note: str = "") -> None:
    """Answer a request, and tell who asked by mail where they gave an address. Raises Conflict, Unprocessable."""
    address, language, name = row.email, row.language, row.name
    about = {"name": name, "note": note.strip()}
    if yes:
        _actor, account = await requests.approve(session, row, by, note)
        if address is not None:
            await mail.send(session, "approved", address, account_id=account.id, language=language, about=about)
        return
    await requests.deny(session, row, by, note)
    if address is not None:
        await mail.send(session, "denied", address, language=language, about=about)
