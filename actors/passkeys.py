"""Passkeys: sign-in by a key pair that a phone, a computer or a small device keeps (WebAuthn level 2).

A passkey is two factors in one: the device is had, and it asks for a finger, a face or a PIN (user verification is
required), so no code is asked for beside it. The server keeps the public key alone.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import struct
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts
from actors.models import Account, Actor, Login
from actors.personal import Passkey
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Missing, Unprocessable
from fediverse_ai.core.limits import PASSKEY_BYTES, PASSKEY_ID_BYTES, PASSKEY_NAME_CHARS, PASSKEY_SECONDS, PASSKEYS
from fediverse_ai.core.texts import _, marked

# ES256, EdDSA and RS256, which together every authenticator has one of (WebAuthn, 5.4 on pubKeyCredParams).
ALGORITHMS = (-7, -8, -257)
_REQUIRED = UserVerificationRequirement.REQUIRED
# What reading an answer raises that is no answer: it comes from outside, and the library checks as it goes along.
_GARBLED = (
    ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError, OverflowError, RecursionError,
    NotImplementedError, struct.error, UnsupportedAlgorithm,
)  # fmt: skip
LATE = marked("That took too long. Please begin again.")
_KNOWN = marked("This passkey is known here already.")
_QUESTION = "passkey"  # the kind of a Login that says that a new one is asked for
_UNREADABLE = marked("The answer of your device cannot be read. Please try again.")


def possible(config: Config) -> bool:
    """May browsers keep passkeys for this server? Only for a name, and only where the way to it is safe (WebAuthn 5.1.3
    and the note on `localhost` in Secure Contexts 3.1)."""
    parts = urlsplit(config.public_url)
    name = parts.hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return parts.scheme == "https" or name == "localhost" or name.endswith(".localhost")
    return False


def handle(account_id: int) -> bytes:
    """By what a device knows whose passkey it keeps (WebAuthn's user handle): no name and no address (14.6.1)."""
    return str(account_id).encode("ascii")


def options_to_add(config: Config, actor: Actor, account_id: int, challenge: bytes, had: list[Passkey]) -> str:
    """What `navigator.credentials.create` is asked with, as JSON (PublicKeyCredentialCreationOptionsJSON)."""
    user = PublicKeyCredentialUserEntity(
        id=handle(account_id), name=actor.handle, display_name=actor.name or actor.username
    )
    known = [
        PublicKeyCredentialDescriptor(
            type=PublicKeyCredentialType.PUBLIC_KEY, id=AttestedCredentialData(one.credential).credential_id
        )
        for one in had
    ]
    options, _state = _server(config).register_begin(
        user, known, ResidentKeyRequirement.REQUIRED, _REQUIRED, challenge=challenge
    )
    return json.dumps(dict(options.public_key), default=dict)


def options_to_enter(config: Config, challenge: bytes) -> str:
    """What `navigator.credentials.get` is asked with, as JSON; it names no key, so nobody learns who has one."""
    options, _state = _server(config).authenticate_begin(user_verification=_REQUIRED, challenge=challenge)
    return json.dumps(dict(options.public_key), default=dict)


def challenge_in(answer: str) -> bytes:
    """The challenge that an answer says it answers. Raises Unprocessable for what is no answer."""
    try:
        said = json.loads(answer)
        response = RegistrationResponse if "attestationObject" in said["response"] else AuthenticationResponse
        return bytes(response.from_dict(said).response.client_data.challenge)
    except _GARBLED as error:
        raise Unprocessable(_(_UNREADABLE), f"passkey: {error!r:.200}") from None


async def of_account(session: AsyncSession, account_id: int) -> list[Passkey]:
    """The passkeys of an account, the newest first."""
    return list(
        await session.exec(select(Passkey).where(Passkey.account_id == account_id).order_by(col(Passkey.id).desc()))
    )


async def ask(session: AsyncSession, account_id: int, challenge: bytes) -> None:
    """Let `challenge` be answered with a new passkey: once, before the next question, before any passkey is removed.

    Or whoever has the session, and not the password, could send an old answer again and undo a removal.
    """
    context = context_of(session)
    await _end_questions(session, account_id)
    now = context.clock.now_ms()
    session.add(
        Login(
            id=context.ids.new(),
            account_id=account_id,
            secret_hash=_hashed(challenge),
            kind=_QUESTION,
            created_ms=now,
            expires_ms=now + PASSKEY_SECONDS * 1000,
        )
    )
    await session.flush()


async def _end_questions(session: AsyncSession, account_id: int) -> set[str]:
    """The hashes of those that were open."""
    open_ones = delete(Login).where(col(Login.account_id) == account_id, col(Login.kind) == _QUESTION)
    return set((await session.exec(open_ones.returning(col(Login.secret_hash)))).scalars())


def _hashed(challenge: bytes) -> str:
    return accounts.digest(challenge.decode("ascii"))


async def add(session: AsyncSession, account_id: int, answer: str, challenge: bytes, name: str) -> Passkey:
    """Keep the public key of an answer to options_to_add. Raises Unprocessable and Conflict."""
    context = context_of(session)
    credential = _new_key(context.config, account_id, answer, challenge)
    # One answer of an account at a time, or many at once would each be counted without the others.
    await session.exec(select(Account.id).where(Account.id == account_id).with_for_update())
    if _hashed(challenge) not in await _end_questions(session, account_id):
        raise Unprocessable(_(LATE), "passkey: no longer asked")
    known = select(func.count()).select_from(Passkey)
    if (await session.exec(known.where(Passkey.account_id == account_id))).one() >= PASSKEYS:
        raise Conflict(_("You have as many passkeys as one may have. Remove one first."))
    credential_id = websafe_encode(credential.credential_data.credential_id)  # type: ignore[union-attr]
    if (await session.exec(known.where(Passkey.credential_id == credential_id))).one():
        raise Conflict(_(_KNOWN))
    made = Passkey(
        id=context.ids.new(),
        account_id=account_id,
        credential_id=credential_id,
        credential=bytes(credential.credential_data or b""),
        sign_count=credential.counter,
        name=name.strip()[:PASSKEY_NAME_CHARS],
        created_ms=context.clock.now_ms(),
    )
    session.add(made)
    try:
        await session.flush()
    except IntegrityError:
        # It came to another account in the same moment.
        raise Conflict(_(_KNOWN)) from None
    return made


def _new_key(config: Config, account_id: int, answer: str, challenge: bytes) -> AuthenticatorData:
    server = _server(config)
    try:
        user = PublicKeyCredentialUserEntity(id=handle(account_id), name="")
        _options, state = server.register_begin(user, user_verification=_REQUIRED, challenge=challenge)
        data = server.register_complete(state, json.loads(answer))
        kept = data.credential_data
        if kept is None or kept.public_key.ALGORITHM not in ALGORITHMS or len(kept) > PASSKEY_BYTES:
            raise ValueError("key")
        if len(kept.credential_id) > PASSKEY_ID_BYTES:
            raise ValueError("credential id")
        # A key that cannot be read would be found out only at the next sign-in; one that can refuses this signature.
        with contextlib.suppress(InvalidSignature):
            kept.public_key.verify(b"", b"")
    except _GARBLED as error:
        raise Unprocessable(_("This passkey could not be taken. Please try again."), f"{error!r:.200}") from None
    return data


async def take(session: AsyncSession, answer: str, challenge: bytes, asked_ms: int) -> int | None:
    """Whose passkey answered a challenge of `asked_ms` (Unix milliseconds); None when it is nobody's or not right.

    Raises Unprocessable for what is no answer, and for a right one to a challenge that is no newer than the last that
    this passkey answered: each lets in once. A counter that does not grow says that the key was copied (WebAuthn
    6.1.1), and lets nobody in either.
    """
    context = context_of(session)
    try:
        said = json.loads(answer)
        response = AuthenticationResponse.from_dict(said)
        credential_id = websafe_encode(response.raw_id)
        counter = response.response.authenticator_data.counter
        owner = response.response.user_handle
    except _GARBLED as error:
        raise Unprocessable(_(_UNREADABLE), f"passkey: {error!r:.200}") from None
    found = (await session.exec(select(Passkey).where(Passkey.credential_id == credential_id))).first()
    # The page named nobody, so the device has to (WebAuthn 7.2, step 6).
    if found is None or owner != handle(found.account_id):
        return None
    server = _server(context.config)
    try:
        kept = AttestedCredentialData(found.credential)
        _options, state = server.authenticate_begin(user_verification=_REQUIRED, challenge=challenge)
        server.authenticate_complete(state, [kept], said)
    except _GARBLED:
        return None
    if counter <= found.sign_count and (counter, found.sign_count) != (0, 0):
        return None
    taken = await session.exec(
        update(Passkey)
        .where(col(Passkey.id) == found.id, col(Passkey.last_asked_ms) < asked_ms)
        .where(col(Passkey.sign_count) == found.sign_count)
        .values(last_asked_ms=asked_ms, sign_count=counter, used_ms=context.clock.now_ms())
    )
    if not taken.rowcount:
        # Whoever opened two pages is no burglar: they answered the newer one first, maybe on another device.
        raise Unprocessable(_(LATE), "passkey: a newer challenge was answered")
    return found.account_id


async def require(session: AsyncSession, account_id: int, passkey_id: int) -> Passkey:
    """Raises Missing for one of another account as for none."""
    mine = (
        await session.exec(select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id))
    ).first()
    if mine is None:
        raise Missing(_("There is no such passkey (any more)."))
    return mine


async def remove(session: AsyncSession, account_id: int, passkey_id: int) -> None:
    """No sign-in by this one any more. Raises as `require`."""
    await session.delete(await require(session, account_id, passkey_id))
    await _end_questions(session, account_id)


async def remove_all(session: AsyncSession, account_id: int) -> int:
    """How many there were."""
    gone = await session.exec(delete(Passkey).where(col(Passkey.account_id) == account_id))
    await _end_questions(session, account_id)
    return int(gone.rowcount)


def _server(config: Config) -> Fido2Server:
    host = urlsplit(config.public_url).hostname or ""
    origin = config.public_url
    server = Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name=config.server.name or host), verify_origin=lambda said: said == origin
    )
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=number) for number in ALGORITHMS
    ]
    return server
