"""`moderation reports list|show|resolve|forward`: what people here and elsewhere asked the moderators to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from actors.models import Actor
    from outbox.models import Report

app = typer.Typer(help="What people here and on other servers reported.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Its number, as `list` shows it.")]


@app.command("list")
def list_(
    closed: Annotated[bool, typer.Option("--closed", help="Those that are dealt with, the newest first.")] = False,
) -> None:
    """What waits for a moderator, the oldest first."""
    columns = {"id": "number", "target": "about", "host": "from", "times": "times", "posts": "posts",
               "comment": "words", "created": "since"}  # fmt: skip
    console.table(columns, console.wait_for(_list(closed)))


@app.command()
def show(number: Number) -> None:
    """One report whole: who, whom, which posts, the words."""
    facts = console.wait_for(_show(number))
    lines = [f"{name:<12}{value}" for name, value in facts.items() if value not in (None, [], "")]
    console.tell("\n".join(lines), **facts)


@app.command()
def resolve(number: Number) -> None:
    """Close a report; what is reported afterwards opens a new one."""
    console.wait_for(_resolve(number))
    console.tell(f"Report {number} is closed.", id=number)


@app.command()
def forward(number: Number) -> None:
    """Pass a report by one of ours on to the other person's server, without saying who made it."""
    console.wait_for(_forward(number))
    console.tell(f"Report {number} is on its way to the other server.", id=number)


async def _list(closed: bool) -> list[dict[str, Any]]:
    from outbox import report as reports

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        found = await reports.reports(session, closed=closed)
    return [_row(report, target) | {"posts": len(report.posts)} for report, target in found]


def _row(report: Report, target: Actor) -> dict[str, Any]:
    from fediverse_ai.cli.federation import moment

    return {
        "id": report.id,
        "target": target.handle,
        "host": report.host,
        "times": report.times,
        "posts": report.posts,
        "comment": report.comment,
        "created": moment(report.created_ms),
        "closed": moment(report.closed_ms),
        "forwarded": report.forwarded,
    }


async def _show(number: int) -> dict[str, Any]:
    from outbox import report as reports

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        report = await reports.by_id(session, number)
        return _row(report, await _actor(session, report.target_id)) | {
            "others": report.others,
            "reporter": (await _actor(session, report.reporter_id)).handle if report.reporter_id else None,
        }


async def _actor(session: AsyncSession, actor_id: int) -> Actor:
    from actors import queries

    actor = await queries.by_id(session, actor_id)
    assert actor is not None
    return actor


async def _resolve(number: int) -> None:
    from outbox import report as reports

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        await reports.close(session, await reports.by_id(session, number, lock=True), None)


async def _forward(number: int) -> None:
    from outbox import report as reports

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        await reports.forward(session, await reports.by_id(session, number, lock=True))
