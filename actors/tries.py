"""Tries to sign in, counted in the database: a restart forgives nothing, and each wait is longer than the last."""

from __future__ import annotations

import hashlib

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete

from actors.models import SignInTries
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.limits import Rate


async def count(
    context: Context,
    kind: str,
    who: str,
    rate: Rate,
    *,
    doubling: bool,
    longest: float = limits.SIGN_IN_WAIT_SECONDS,
    sentence: str = "Too many tries to sign in; please wait a little.",
) -> None:
    """Count one try. Raises TooMany beyond the rate, with the seconds to wait.

    After `rate.count` tries within `rate.seconds` there is a wait of as many seconds; with `doubling` the next one is
    twice as long, up to `longest` seconds, until a day passed without one. By name nothing doubles: others could
    keep somebody out (OAU-10), who has the one-time link as well.
    """
    now, error = context.clock.now_ms(), None
    async with context.database.write() as session:
        key = _key(kind, who)
        insert = sqlite.insert if context.database.dialect == "sqlite" else postgresql.insert
        first = insert(SignInTries).values(key=key, tries=0, since_ms=now, waits=0, until_ms=0)
        await session.exec(first.on_conflict_do_nothing())
        row = await session.get_one(SignInTries, key, with_for_update=True)
        if now < row.until_ms:
            error = _too_many(kind, row.until_ms - now, sentence)
        else:
            if now - row.since_ms >= rate.seconds * 1000:
                row.tries, row.since_ms = 0, now
            if now - row.until_ms >= limits.SIGN_IN_FORGIVEN_SECONDS * 1000:
                row.waits = 0
            row.tries += 1
            if row.tries > rate.count:
                wait = rate.seconds * 2**row.waits if doubling else rate.seconds
                row.until_ms = now + int(min(wait, longest) * 1000)
                row.waits, row.tries, row.since_ms = min(row.waits + 1, 8), 0, row.until_ms
                error = _too_many(kind, row.until_ms - now, sentence)
            session.add(row)
    if error is not None:
        raise error


def _too_many(kind: str, wait_ms: int, sentence: str) -> TooMany:
    return TooMany(sentence, f"sign-in rate by {kind}", retry_after=wait_ms // 1000 + 1)


async def forgive(context: Context, kind: str, who: str) -> None:
    """Start anew, as after the right password."""
    async with context.database.write() as session:
        await session.exec(delete(SignInTries).where(col(SignInTries.key) == _key(kind, who)))


def _key(kind: str, who: str) -> str:
    return f"{kind}:{hashlib.sha256(who.encode('utf-8', 'surrogatepass')).hexdigest()}"
