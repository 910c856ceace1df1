"""Mail, where the owner configured a mail server: letters wait as rows, and a job sends them; without one, nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import one_time
from actors.admission import Letter
from actors.models import Account, Actor
from fediverse_ai.core import jobs, limits, roles, texts
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Unprocessable, Unreachable
from fediverse_ai.core.http import trust
from fediverse_ai.core.jobs import job
from fediverse_ai.core.log import get
from fediverse_ai.core.roles import Right
from fediverse_ai.core.texts import _

log = get(__name__)

# One @, no spaces or signs that end a header; whether it takes mail only a letter can tell.
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,253}")
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Text:
    """What a letter says: subject and paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


def configured(config: Config) -> bool:
    """Whether this server sends mail at all."""
    return bool(config.mail.host)


def checked_address(written: str) -> str:
    """A mail address as somebody wrote it, without spaces around it. Raises Unprocessable for what cannot be one."""
    address = written.strip()
    if len(address) > limits.MAIL_ADDRESS_CHARS or not _ADDRESS.fullmatch(address):
        raise Unprocessable(_("This is no mail address."))
    return address


async def send(
    session: AsyncSession,
    kind: str,
    address: str,
    *,
    account_id: int | None = None,
    language: str = texts.SOURCE,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Have a letter sent after this transaction; nothing happens where no mail server is configured."""
    context = context_of(session)
    if not configured(context.config):
        return
    letter = Letter(
        id=context.ids.new(),
        kind=kind,
        account_id=account_id,
        address=address,
        language=language,
        about=dict(about or {}),
        created_ms=context.clock.now_ms(),
    )
    session.add(letter)
    await session.flush()
    await jobs.enqueue(session, post_letter, [letter.id], once=f"letter:{letter.id}", soon=True)


async def send_to(session: AsyncSession, account: Account, kind: str, about: Mapping[str, Any] | None = None) -> None:
    """A letter to the confirmed address of an account; nothing happens without one."""
    if account.email is not None:
        language = str(account.appearance.get("language") or texts.SOURCE)
        await send(session, kind, account.email, account_id=account.id, language=language, about=about)


async def tell_owners(session: AsyncSession, kind: str, about: Mapping[str, Any] | None = None) -> None:
    """A notice to everybody who runs this server and gave a mail address: `request`, or `notice` with a sentence.

    Other parts say what went wrong by `tell_owners(session, "notice", {"sentence": …})`, such as a backup that failed.
    """
    query = (
        select(Account)
        .join(Actor, col(Actor.id) == col(Account.actor_id))
        .where(col(Account.role).in_(roles.holding(Right.RUN)), col(Account.email).is_not(None))
        .where(col(Account.disabled_ms).is_(None), col(Actor.suspended_ms).is_(None))
    )
    for account in list(await session.exec(query)):
        await send_to(session, account, kind, about)


async def _confirm(session: AsyncSession, letter: Letter) -> Text:
    happened = _("Somebody, we hope you, gave this address for @%(name)s.") % _facts(session, letter)
    wanted, otherwise = _("If it was you, open this within two days:"), _("If it was not, do nothing: it is not kept.")
    link = await _link(session, letter, "confirm")
    return Text(_("Is this your address?"), (happened, wanted, link, otherwise))


async def _approved(session: AsyncSession, letter: Letter) -> Text:
    happened = _("You are in as @%(name)s. Sign in with the password that you chose.") % _facts(session, letter)
    wanted = _("Open this once, so that we know that mail reaches you:")
    return Text(_("Welcome"), (happened, *_note(letter), wanted, await _link(session, letter, "confirm")))


async def _moved(session: AsyncSession, letter: Letter) -> Text:
    happened = _("Somebody who knows the password of @%(name)s wants its mail sent elsewhere.")
    wanted = _("If it was not you, set a new password now, and sign out everywhere else:")
    page = f"{context_of(session).config.public_url}/settings/security"
    return Text(_("Your address is being changed"), (happened % _facts(session, letter), wanted, page))


async def _denied(session: AsyncSession, letter: Letter) -> Text:
    sentence = _("Your request to join as @%(name)s was not granted.") % _facts(session, letter)
    return Text(_("About your request"), (sentence, *_note(letter)))


async def _reset(session: AsyncSession, letter: Letter) -> Text:
    happened = _("Somebody asked for a new password for @%(name)s.") % _facts(session, letter)
    wanted, otherwise = _("Set it here, within half an hour:"), _("If it was not you, do nothing: the old one stays.")
    return Text(_("A new password"), (happened, wanted, await _link(session, letter, "reset"), otherwise))


async def _request(session: AsyncSession, letter: Letter) -> Text:
    happened = _("@%(name)s asks to join, and waits for an answer:") % _facts(session, letter)
    page = f"{context_of(session).config.public_url}/moderation/requests"
    return Text(_("Somebody asks to join"), (happened, page))


async def _notice(session: AsyncSession, letter: Letter) -> Text:
    return Text(
        _("Your server needs you"), (str(letter.about.get("sentence", "")), context_of(session).config.public_url)
    )


_TEXTS: Mapping[str, Callable[[AsyncSession, Letter], Any]] = {
    "confirm": _confirm,
    "approved": _approved,
    "denied": _denied,
    "moved": _moved,
    "reset": _reset,
    "request": _request,
    "notice": _notice,
}


def _facts(session: AsyncSession, letter: Letter) -> dict[str, str]:
    return {"name": f"{letter.about.get('name', '')}@{context_of(session).config.account_host}"}


def _note(letter: Letter) -> tuple[str, ...]:
    note = str(letter.about.get("note") or "")
    return (note,) if note else ()


async def _link(session: AsyncSession, letter: Letter, kind: str) -> str:
    """The address that a letter is about; its secret is made now, so that no row ever holds it."""
    base, account_id = context_of(session).config.public_url, letter.account_id or 0
    if kind == "reset":
        return f"{base}/sign-in/reset/{await one_time.make_reset(session, account_id)}"
    return f"{base}/sign-up/confirm/{await one_time.make_confirmation(session, account_id, letter.address)}"


@job(queue="mail", attempts=limits.MAIL_TRIES)
async def post_letter(context: Context, ids: list[int | str]) -> None:
    """Send a letter that waits; tried again while the mail server is away, given up when it refuses for good.

    Neither the address nor a word of the text is ever logged.
    """
    async with context.database.write() as session:
        letter = await session.get(Letter, int(ids[0]))
        if letter is None or not configured(context.config):
            return
        before = texts.current()
        texts.use(letter.language)
        try:
            message = _message(context, letter, await _TEXTS[letter.kind](session, letter))
        finally:
            texts.use(before)
    await _hand_over(context, letter, message)
    async with context.database.write() as session:
        await session.exec(delete(Letter).where(col(Letter.id) == letter.id))


def _message(context: Context, letter: Letter, text: Text) -> EmailMessage:
    config = context.config
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(config.server.name, addr_spec=config.mail.from_address)
    message["To"] = letter.address
    message["Subject"] = f"{config.server.name}: {text.subject}"
    message["Date"] = datetime.fromtimestamp(context.clock.now_ms() / 1000, UTC)
    message["Message-ID"] = f"<{letter.id}@{config.mail.from_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join((*text.paragraphs, f"-- \n{config.server.name}, {config.public_url}")) + "\n")
    return message


async def _hand_over(context: Context, letter: Letter, message: EmailMessage) -> None:
    """To the mail server. A refusal for good ends the letter; raises Unreachable for everything that may heal."""
    import aiosmtplib

    mail = context.config.mail
    try:
        await aiosmtplib.send(
            message,
            hostname=mail.host,
            port=mail.port,
            use_tls=mail.tls == "tls",
            start_tls=mail.tls == "starttls",
            username=mail.user or None,
            password=mail.secret() or None if mail.user else None,
            tls_context=trust(context.config.http.ca_file) if mail.tls != "none" else None,
            timeout=limits.MAIL_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        _refused(letter, max(one.code for one in error.recipients))
    except aiosmtplib.SMTPAuthenticationError as error:
        raise Unreachable("The mail server does not take our name and password.", f"code {error.code}") from None
    except aiosmtplib.SMTPResponseException as error:
        _refused(letter, error.code)
    except (aiosmtplib.SMTPException, OSError) as error:
        # Their words may hold the address.
        raise Unreachable("The mail server cannot be reached.", type(error).__name__) from None
    else:
        log.info("letter_sent", letter=letter.id, kind=letter.kind)


def _refused(letter: Letter, code: int) -> None:
    if code < _PERMANENT:
        raise Unreachable("The mail server asks to come back later.", f"code {code}")
    log.warning("letter_refused", letter=letter.id, kind=letter.kind, code=code)


async def forget(context: Context) -> None:
    """Clockwork: letters that could not be sent for LETTER_SECONDS, with the addresses in them."""
    before = context.clock.now_ms() - int(limits.LETTER_SECONDS * 1000)
    async with context.database.write() as session:
        await session.exec(delete(Letter).where(col(Letter.created_ms) < before))
