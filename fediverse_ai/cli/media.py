"""`media usage|prune`: how much room pictures take, ours and copies of others'."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.core.context import Context
    from fediverse_ai.remote_media import Swept

app = typer.Typer(help="The room that pictures take.", no_args_is_help=True)


@app.command()
def usage() -> None:
    """Bytes and files by kind: our pictures, copies of others' (which come back when they are looked at), database."""
    rows = console.wait_for(_usage())
    if not console.chosen.get().json:
        for row in rows:
            row |= {"size": _words(row["bytes"]), "limit": _words(row["room"]) if row["room"] else None}
    console.table({"what": "what", "files": "files", "size": "size", "limit": "at most"}, rows)


def _words(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"


async def _usage() -> list[dict[str, Any]]:
    import asyncio

    from fediverse_ai.core.database import SQLITE_FILE
    from fediverse_ai.remote_media import FOLDER

    async with console.beside(console.existing_config()) as context:
        config = context.config
        rows = [_row("our pictures", await asyncio.to_thread(_measure, config.media_dir), 0)]
        rows += await _copies(context)
        rows.append(_row("copies of others, on disk", await asyncio.to_thread(_measure, config.data_dir / FOLDER), 0))
        if context.database.dialect == "sqlite":
            files = [path for path in config.data_dir.glob(f"{SQLITE_FILE}*") if path.is_file()]
            rows.append(_row("database", (len(files), sum(path.stat().st_size for path in files)), 0))
    return rows


async def _copies(context: Context) -> list[dict[str, Any]]:
    from sqlalchemy import func
    from sqlmodel import col, select

    from fediverse_ai.remote_media import KINDS
    from outbox.belongings import RemoteCopy

    async with context.database.read() as session:
        query = select(RemoteCopy.kind, func.count(), func.sum(RemoteCopy.size)).where(col(RemoteCopy.size) > 0)
        found = {kind: (number, size) for kind, number, size in await session.exec(query.group_by(RemoteCopy.kind))}
    room = context.config.media.remote_bytes
    total = (sum(number for number, _ in found.values()), sum(size for _, size in found.values()))
    return [
        *(_row(f"copies: {kind}s", found.get(kind, (0, 0)), 0) for kind in KINDS),
        _row("copies of others", total, room),
    ]


def _row(what: str, counted: tuple[int, int], room: int) -> dict[str, Any]:
    return {"what": what, "files": counted[0], "bytes": counted[1], "room": room}


def _measure(folder: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
) -> None:
    """Remove copies that are too old, too many, or of what is gone; the server does the same every ten minutes."""
    swept = console.wait_for(_prune(dry_run=dry_run))
    would = "Would remove" if dry_run else "Removed"
    words = f"{would} {swept.copies} copies ({_words(swept.bytes)}) and {swept.orphans} stray files."
    console.tell(words, copies=swept.copies, bytes=swept.bytes, orphans=swept.orphans, dry_run=dry_run)


async def _prune(*, dry_run: bool) -> Swept:
    from fediverse_ai.remote_media import RemoteMedia

    async with console.beside(console.existing_config()) as context:
        return await context.part(RemoteMedia).prune(dry_run=dry_run)
