"""`moderation hash add|import|list|remove`: pictures that must not be shown here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.core.context import Context

app = typer.Typer(help="Pictures that must not be shown here, by their hash.", no_args_is_help=True)
SHOWN_PROBLEMS = 10
POST_DIGITS = 20
A_LINE = 100


@app.command()
def add(
    what: Annotated[
        str, typer.Argument(metavar="HASH|FILE|POST", help="64 hex digits, a picture, or a post's number.")
    ],
    kind: Annotated[str, typer.Option(help="Of a hash: pdq or sha256.")] = "pdq",
    reason: Annotated[str, typer.Option(help="Why; kept with it.")] = "",
) -> None:
    """Remember a picture: near copies of it are refused from now on, whoever brings or makes them."""
    new = console.wait_for(_add(what, kind, reason, _picture(Path(what))))
    console.tell(f"{new} new hashes are on the list.", added=new)


def _picture(path: Path) -> bytes | None:
    """The bytes of a file; None when there is none of that name. Raises TooLarge."""
    from fediverse_ai.core import limits
    from fediverse_ai.core.errors import TooLarge

    if not path.is_file():
        return None
    if path.stat().st_size > limits.IMAGE_BYTES:
        raise TooLarge(f"{path} is larger than a picture may be.")
    return path.read_bytes()


async def _add(what: str, kind: str, reason: str, picture: bytes | None) -> int:
    from outbox import known

    async with console.beside(console.existing_config()) as context:
        entries, source = await _entries(context, what, kind, picture)
        async with context.database.write() as session:
            return await known.add(session, entries, source=source, reason=reason)


async def _entries(context: Context, what: str, kind: str, picture: bytes | None) -> tuple[list[tuple[str, str]], str]:
    from outbox import known

    if picture is not None:
        return await known.fingerprints(context, picture), Path(what).name
    if what.isdecimal() and len(what) < POST_DIGITS:
        return await known.of_post(context, int(what)), f"post {what}"
    return [(kind, what)], "the command line"


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One PDQ hash a line; further columns are ignored.")],
    source: Annotated[str, typer.Option(help="The name of the list; without it the file's.")] = "",
) -> None:
    """Add a list of known-bad pictures, such as those that trust-and-safety organisations hand out."""
    new, problems = console.wait_for(_import(_text_of(file), source or file.name))
    for number, words in problems[:SHOWN_PROBLEMS]:
        console.complain(f"line {number} is left out: {words}")
    console.tell(
        f"{new} new hashes are on the list; {len(problems)} lines held none.", added=new, left_out=len(problems)
    )


def _text_of(file: Path) -> str:
    from fediverse_ai.core import limits
    from fediverse_ai.core.errors import Malformed

    with file.open("rb") as opened:
        data = opened.read(limits.KNOWN_PICTURES * A_LINE)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"{file} is not text in UTF-8.") from None


async def _import(text: str, source: str) -> tuple[int, list[tuple[int, str]]]:
    from outbox import known

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        return await known.import_list(session, text, source)


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 50) -> None:
    """The list, the newest first."""
    columns = {"hash": "hash", "kind": "kind", "source": "from", "reason": "why", "since": "since"}
    console.table(columns, console.wait_for(_list(limit)))


async def _list(limit: int) -> list[dict[str, Any]]:
    from fediverse_ai.cli.federation import moment
    from outbox import known

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        found = await known.entries(session, limit)
    return [
        {
            "hash": one.hash,
            "kind": one.kind,
            "source": one.source or None,
            "reason": one.reason or None,
            "since": moment(one.created_ms),
        }
        for one in found
    ]


@app.command()
def remove(prefix: Annotated[str, typer.Argument(metavar="HASH", help="The hash, or its first digits.")]) -> None:
    """Take a picture off the list."""
    gone = console.wait_for(_remove(prefix))
    console.tell(f"{gone} hashes are off the list.", removed=gone)


async def _remove(prefix: str) -> int:
    from outbox import known

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        return await known.remove(session, prefix)
