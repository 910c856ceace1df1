"""`announcement write|list|publish|withdraw`: what you tell everybody who has an account here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from fediverse_ai.cli import console

app = typer.Typer(help="What everybody here is told, on every page and in their apps.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Its number, as `list` shows it.")]
Time = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="A time in UTC.")]


@app.command()
def write(
    text: Annotated[str, typer.Argument(help="The words.")],
    starts: Time = None,
    ends: Time = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it; publish it later.")] = False,
) -> None:
    """Write an announcement and publish it; with --starts and --ends it is shown for that time only."""
    number = console.wait_for(_write(text, starts, ends, publish=not draft))
    console.tell(f"Announcement {number} is {'kept' if draft else 'published'}.", id=number, published=not draft)


@app.command("list")
def list_() -> None:
    """Every announcement, the newest first."""
    columns = {"id": "number", "text": "words", "state": "state", "starts": "from", "ends": "until"}
    console.table(columns, console.wait_for(_list()))


@app.command()
def publish(number: Number) -> None:
    """Publish one that was kept."""
    console.wait_for(_do(number, "show"))
    console.tell(f"Announcement {number} is published.", id=number)


@app.command()
def withdraw(number: Number) -> None:
    """Take one down."""
    console.wait_for(_do(number, "withdraw"))
    console.tell(f"Announcement {number} is taken down.", id=number)


async def _write(text: str, starts: datetime | None, ends: datetime | None, *, publish: bool) -> int:
    from actors import announcements

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        made = await announcements.write(session, None, text, starts_ms=_ms(starts), ends_ms=_ms(ends), publish=publish)
        return made.id


def _ms(moment: datetime | None) -> int | None:
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000) if moment is not None else None


async def _list() -> list[dict[str, Any]]:
    from actors import announcements
    from fediverse_ai.cli.federation import moment

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        now = context.clock.now_ms()
        return [
            {
                "id": row.id,
                "text": row.text,
                "state": announcements.state(row, now),
                "starts": moment(row.starts_ms),
                "ends": moment(row.ends_ms),
            }
            for row in await announcements.listed(session)
        ]


async def _do(number: int, verb: str) -> None:
    from actors import announcements

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        row = await announcements.by_id(session, number)
        await (announcements.show if verb == "show" else announcements.withdraw)(session, row, None)
