"""`media usage|prune|orphans`: how much room pictures take, ours and copies of others', and making some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.core.context import Context
    from fediverse_ai.orphans import Found
    from fediverse_ai.remote_media import Swept

app = typer.Typer(help="The room that pictures take.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")]


@app.command()
def usage() -> None:
    """Bytes by kind and by person, growth day by day, and when the disk will be full.

    Copies of others' pictures come back when they are looked at, so they are no part of the growth.
    """
    found = console.wait_for(_usage())
    if console.chosen.get().json:
        console.tell("", **found)
        return
    from fediverse_ai.disk import words

    for key, headings in (
        ("kinds", {"what": "what", "files": "files", "bytes": "size", "room": "at most"}),
        ("people", {"name": "whose", "pictures": "pictures", "bytes": "size"}),
        ("days", {"day": "new pictures on", "bytes": "size"}),
    ):
        rows = found[key]
        for row in rows:
            row |= {column: words(row[column]) for column in ("bytes", "room") if row.get(column)}
        if rows:
            console.table(headings, rows)
            console.terminal().print()
    console.terminal().print(_outlook(found["forecast"]))


def _outlook(seen: dict[str, Any]) -> str:
    from fediverse_ai.disk import words

    said = f"{words(seen['free'])} of {words(seen['total'])} are free"
    if seen["days"] is None:
        return f"{said}; nothing that stays is growing."
    days = seen["measured_days"]
    how = f"measured over {days} days" if days else "guessed from the pictures of two weeks"
    return f"{said}; at {words(seen['per_day'])} a day ({how}) that lasts {seen['days']} days."


async def _usage() -> dict[str, Any]:
    from datetime import UTC, datetime

    from fediverse_ai import disk

    async with console.beside(console.existing_config()) as context:
        seen = await disk.forecast(context)
        async with context.database.read() as session:
            people = await disk.by_person(session)
            days = await disk.new_by_day(session)
        kinds = await _kinds(context, seen.usage)
    return {
        "kinds": kinds,
        "people": [{"name": name, "pictures": number, "bytes": size} for name, number, size in people],
        "days": [
            {"day": f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}", "bytes": size}
            for day, size in sorted(days.items())
        ],
        "forecast": {
            "days": seen.days,
            "per_day": round(seen.per_day),
            "measured_days": seen.measured_days,
            "free": seen.usage.free,
            "total": seen.usage.total,
        },
    }


async def _kinds(context: Context, usage: Any) -> list[dict[str, Any]]:
    from sqlalchemy import func
    from sqlmodel import col, select

    from fediverse_ai.remote_media import KINDS
    from outbox.belongings import RemoteCopy

    async with context.database.read() as session:
        query = select(RemoteCopy.kind, func.count(), func.sum(RemoteCopy.size)).where(col(RemoteCopy.size) > 0)
        found = {kind: (number, size) for kind, number, size in await session.exec(query.group_by(RemoteCopy.kind))}
    number = sum(files for files, _ in found.values())
    rows = [
        ("our pictures", None, usage.pictures, 0),
        ("copies of others", number, usage.copies, context.config.media.remote_bytes),
        *((f"copies: {kind}s", *found.get(kind, (0, 0)), 0) for kind in KINDS),
        ("database", None, usage.database, 0),
        ("backups", None, usage.backups, 0),
        ("archives", None, usage.archives, 0),
        ("other files", None, usage.other, 0),
    ]
    return [{"what": what, "files": files, "bytes": size, "room": room} for what, files, size, room in rows]


@app.command()
def prune(
    dry_run: DryRun = False,
    older_than: Annotated[
        int | None, typer.Option("--older-than", metavar="DAYS", min=0, help="Instead of media.remote_days.")
    ] = None,
) -> None:
    """Remove copies that are too old, too many, or of what is gone; the server does the same every ten minutes."""
    swept = console.wait_for(_prune(dry_run=dry_run, days=older_than))
    from fediverse_ai.disk import words

    would = "Would remove" if dry_run else "Removed"
    said = f"{would} {swept.copies} copies ({words(swept.bytes)}) and {swept.orphans} stray files."
    console.tell(said, copies=swept.copies, bytes=swept.bytes, orphans=swept.orphans, dry_run=dry_run)


async def _prune(*, dry_run: bool, days: int | None) -> Swept:
    from actors import audit
    from actors.audit import Subject
    from fediverse_ai.remote_media import RemoteMedia

    async with console.beside(console.existing_config()) as context:
        if not dry_run:
            async with context.database.write() as session:
                await audit.note(session, None, "media.prune", Subject("server", 0), after={"days": days})
        return await context.part(RemoteMedia).prune(dry_run=dry_run, days=days)


@app.command()
def orphans(dry_run: DryRun = False) -> None:
    """Remove files that no post names and that are a day old, and tell of pictures whose file is missing (exit 1)."""
    found, missing = console.wait_for(_orphans(dry_run=dry_run))
    from fediverse_ai.disk import words

    would = "Would remove" if dry_run else "Removed"
    said = f"{would} {len(found.files)} files ({words(found.bytes)}) of {found.looked} looked at."
    if missing:
        said += f" {len(missing)} files that posts name are not there; restore them from a backup: {missing[0]}"
    shown = [str(path) for path in found.files] if dry_run else []
    console.tell(
        said,
        files=len(found.files),
        bytes=found.bytes,
        looked=found.looked,
        missing=missing,
        paths=shown,
        dry_run=dry_run,
    )
    if missing:
        raise typer.Exit(1)


async def _orphans(*, dry_run: bool) -> tuple[Found, list[str]]:
    from actors import audit
    from actors.audit import Subject
    from fediverse_ai import orphans as files

    async with console.beside(console.existing_config()) as context:
        found, _last = await (files.stray(context) if dry_run else files.sweep(context))
        if not dry_run and found.files:
            async with context.database.write() as session:
                subject, after = Subject("server", 0), {"files": len(found.files), "bytes": found.bytes}
                await audit.note(session, None, "media.prune", subject, after=after)
        return found, await files.missing(context)
