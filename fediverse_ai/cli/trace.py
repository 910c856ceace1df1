"""`trace POST`: one post's life, from the order to each delivery and what came back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console
from fediverse_ai.cli.federation import moment

if TYPE_CHECKING:
    from outbox.story import Story


def trace(post: Annotated[str, typer.Argument(help="Its number, its id, or the address of its page.")]) -> None:
    """What became of a post: order, pictures, verdicts, objections, publication, deliveries, reactions. No content."""
    found = console.wait_for(_story(post))
    if console.chosen.get().json:
        import json

        print(json.dumps(asdict(found), ensure_ascii=False))
        return
    console.terminal().print(f"{found.author} · {found.state} · {found.visibility} · {found.page or found.uri}")
    if found.reason:
        console.terminal().print(found.reason)
    console.table({"at": "when (UTC)", "kind": "what", "facts": "how"}, [_row(step) for step in found.steps])
    if found.deliveries:
        columns = {"activity": "activity", "inbox": "inbox", "state": "state", "tries": "tries",
                   "last_answer": "last answer", "done": "done"}  # fmt: skip
        rows = [one | {"done": moment(one["done_ms"])} for one in found.deliveries]
        console.table(columns, rows)
    console.terminal().print(f"{found.likes} likes, {found.boosts} boosts, {found.replies} replies")


async def _story(post: str) -> Story:
    from outbox.story import story

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        return await story(session, post)


def _row(step: Any) -> dict[str, Any]:
    facts = ", ".join(f"{name.replace('_', ' ')}: {_value(name, value)}" for name, value in step.facts.items())
    return {"at": moment(step.at_ms), "kind": step.kind, "facts": facts}


def _value(name: str, value: Any) -> Any:
    if name.endswith("_ms"):
        return moment(value)
    return f"{value[:12]}…" if name == "sha256" else value
