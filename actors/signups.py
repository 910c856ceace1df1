"""Who may make an account here: closed, by invitation, or after a request; and what an account needs to be made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, local, queries, settings
from actors.admission import Arrival, Invite, SignUpRequest
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.lately import Lately
from fediverse_ai.core.roles import Role
from fediverse_ai.core.texts import _

KEY = "signups"
# Beside those that nobody may have: names that a stranger would take for people in charge or for the machine.
RESERVED = local.RESERVED | frozenset(
    {"owner", "staff", "mod", "moderation", "webmaster", "postmaster", "hostmaster", "noreply", "system", "help"}
)


class Mode(StrEnum):
    """How people come in; nobody does by a door for everybody until somebody in charge opens it (OPS-01, OAU-25)."""

    CLOSED = "closed"
    INVITE = "invite"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class SignUps:
    """How people come in now."""

    mode: Mode = Mode.CLOSED
    members_invite: bool = False
    """Whether members may invite, too."""
    question: str = ""
    """What is asked of who wants to join; empty for the usual words."""

    @property
    def by_request(self) -> bool:
        """Whether anybody may ask to join: what NodeInfo and the API call open, as Mastodon does."""
        return self.mode == Mode.APPROVAL

    @property
    def by_invite(self) -> bool:
        return self.mode != Mode.CLOSED


async def now(session: AsyncSession) -> SignUps:
    """How people come in, read in the caller's transaction."""
    stored = await settings.value(session, KEY)
    mode = stored.get("mode")
    return SignUps(
        Mode(mode) if mode in set(Mode) else Mode.CLOSED,
        bool(stored.get("members_invite", False)),
        str(stored.get("question", "")),
    )


async def put(session: AsyncSession, new: SignUps, by: Account | None) -> None:
    """Open or close the door. Raises Unprocessable for a question that is too long."""
    if len(new.question) > limits.SIGN_UP_QUESTION_CHARS:
        raise Unprocessable(_("Ask in at most %(most)d characters.") % {"most": limits.SIGN_UP_QUESTION_CHARS})
    value = {"mode": new.mode.value, "members_invite": new.members_invite, "question": new.question.strip()}
    await settings.put(session, KEY, value, by)
    context_of(session).part(SignUpDoor).changes(session)


def mode_of(word: str) -> Mode:
    """Raises Unprocessable for what is no mode."""
    if word not in set(Mode):
        raise Unprocessable(_("Sign-ups are closed, invite or approval."))
    return Mode(word)


class SignUpDoor(Lately[SignUps]):
    """How people come in, as of SETTING_SECONDS ago at most: for what every visitor reads."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, limits.SETTING_SECONDS, now, SignUps())


async def require_free(session: AsyncSession, name: str) -> str:
    """The name, if nobody has it or asked for it. Raises Unprocessable for a name that cannot be, Conflict."""
    local.check_username(name)
    if name.lower() in RESERVED:
        raise Unprocessable(_("The name %(name)s is reserved.") % {"name": name})
    asked = select(SignUpRequest.id).where(SignUpRequest.name_lower == name.lower(), SignUpRequest.state == "waiting")
    if await queries.by_handle(session, name) is not None or (await session.exec(asked)).first() is not None:
        raise Conflict(_("The name %(name)s is taken.") % {"name": name})
    return name


async def admit(
    session: AsyncSession, name: str, password_hash: str | None, *, invite: Invite | None = None
) -> tuple[Actor, Account]:
    """Make the account of somebody who came by the door for everybody: always a member. Raises Conflict, Unprocessable.

    The role is not a parameter: nobody becomes anything else by signing up (OPS-01).
    """
    actor = await local.create(session, name)
    account = await accounts.create_account(session, actor, role=Role.MEMBER)
    account.password_hash = password_hash
    session.add(account)
    session.add(
        Arrival(
            account_id=account.id,
            invite_id=invite.id if invite is not None else None,
            invited_by_id=invite.made_by_id if invite is not None else None,
            created_ms=context_of(session).clock.now_ms(),
        )
    )
    await session.flush()
    return actor, account


async def require_open(session: AsyncSession, *, invited: bool) -> SignUps:
    """How people come in, if this way is open now. Raises Forbidden."""
    door = await now(session)
    if door.mode == Mode.CLOSED:
        raise Forbidden(_("Sign-ups are closed on this server."))
    if not invited and not door.by_request:
        raise Forbidden(_("This server lets in people who were invited."))
    return door
