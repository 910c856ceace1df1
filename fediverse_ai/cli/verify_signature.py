"""`federation verify-signature FILE`: a recorded request, step by step."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.activitypub.explain import Recorded, Step
    from fediverse_ai.activitypub.keys import PublicKey
    from fediverse_ai.core.context import Context

MARKS = {True: "holds", False: "FAILS", None: ""}


def verify_signature(
    file: Annotated[Path, typer.Argument(help="A raw HTTP request: request line, headers, empty line, body.")],
    key: Annotated[
        Path | None, typer.Option(help="The signer's public key as PEM; else the one we know, or fetch.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it arrived, such as 2026-05-01T12:00:00Z.")
    ] = None,
) -> None:
    """Say of each part of a request's signature whether it holds. Exit code 1 when one does not."""
    from fediverse_ai.activitypub.keys import load_public_key
    from fediverse_ai.core import limits

    with file.open("rb") as opened:
        data = opened.read(limits.INBOX_BODY_BYTES + limits.RECEIVE_HEAD_BYTES)
    public = load_public_key(key.read_text("utf-8")) if key is not None else None
    steps = console.wait_for(_verify(data, public, at))
    rows = [{"step": step.name, "holds": step.holds, "says": step.words} for step in steps]
    if console.chosen.get().json:
        console.table({}, rows)
    else:
        console.table(
            {"step": "step", "mark": "", "says": ""},
            [row | {"mark": MARKS[step.holds]} for row, step in zip(rows, steps, strict=True)],
        )
    raise typer.Exit(1 if any(step.holds is False for step in steps) else 0)


async def _verify(data: bytes, key: PublicKey | None, at: str | None) -> list[Step]:
    from fediverse_ai.activitypub import explain
    from fediverse_ai.core.errors import Malformed

    request = explain.read_request(data)
    try:
        now = datetime.fromisoformat(at).astimezone(UTC) if at is not None else None
    except ValueError:
        raise Malformed("--at wants a time such as 2026-05-01T12:00:00Z.") from None
    found, steps = explain.parse(request)
    if found is None:
        return steps
    async with console.beside(console.existing_config()) as context:
        if key is None:
            key, told = await _known_key(context, found.key_id, request)
            steps += told
        now = now or context.clock.now()
        return steps + explain.check(request, found, base=context.config.public_url, now=now, key=key)


async def _known_key(context: Context, key_uri: str, request: Recorded) -> tuple[Any, list[Step]]:
    """The key as the inbox would find it, and whether its owner is the actor of the activity."""
    from actors import queries
    from actors.remote import RemoteActors
    from fediverse_ai.activitypub import explain
    from fediverse_ai.activitypub.keys import load_public_key
    from fediverse_ai.core.errors import FediverseError
    from fediverse_ai.core.http import Budget

    async with context.database.read() as session:
        found = await queries.key_by_uri(session, key_uri)
    where = "known here"
    if found is None:
        where = "fetched now"
        try:
            budget = Budget(clock=context.clock)
            remote = context.part(RemoteActors)
            await remote.take(await remote.fetcher.document(key_uri.partition("#")[0], budget=budget), budget)
        except FediverseError as error:
            return None, [explain.Step("key", False, f"{key_uri} could not be fetched: {error.detail}")]
        async with context.database.read() as session:
            found = await queries.key_by_uri(session, key_uri)
    if found is None:
        return None, [explain.Step("key", False, f"{key_uri} is not listed by its actor")]
    stored, owner = found
    actor = explain.actor_of(request)
    words = f"{owner.uri}, {where}"
    same = None if actor is None else actor == owner.uri
    step = explain.Step("owner", same, words if same is not False else f"{words}; the activity is by {actor}")
    return load_public_key(stored.public_pem), [step]
