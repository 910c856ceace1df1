"""`backup create|verify|list|prune|restore`: what a server needs to come back after a fire."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.backup.restore import Plan, Restored
    from fediverse_ai.core.config import Config

app = typer.Typer(help="Backups: make, verify, thin out, bring back.", no_args_is_help=True)

PASSPHRASE = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="A file with the passphrase; else backup.passphrase_file."),
]
FOLDER = Annotated[Path | None, typer.Option("--in", metavar="DIR", help="Where backups lie; else backup.folder.")]
INCOMPLETE = 3
"""Exit code of a restore that is done, but lacks pictures."""


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _day(ms: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _passphrase(config: Config, file: Path | None) -> str:
    """The passphrase from a file, without the line's end. Raises Misconfigured for an empty one."""
    from fediverse_ai.core.errors import Misconfigured

    if file is None:
        return config.backup.passphrase()
    words = file.read_text("utf-8").strip()
    if not words:
        raise Misconfigured(f"{file} is empty: write the passphrase into it.")
    return words


@app.command()
def create(
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; else backup.folder.")] = None,
    passphrase_file: PASSPHRASE = None,
    media: Annotated[bool | None, typer.Option("--media/--no-media", help="Pictures too; else backup.media.")] = None,
    keys: Annotated[
        bool | None,
        typer.Option("--keys/--no-keys", help="secret.key and the provenance key too; else backup.keys."),
    ] = None,
) -> None:
    """Make a backup while the server runs. Without --keys, keep secret.key elsewhere: nobody can sign without it."""
    from fediverse_ai.backup.create import Wish
    from fediverse_ai.backup.create import create as make
    from fediverse_ai.core.clock import SystemClock

    config = console.existing_config()
    wish = Wish(
        folder=to or config.backup_dir,
        media=config.backup.media if media is None else media,
        keys=config.backup.keys if keys is None else keys,
        passphrase=_passphrase(config, passphrase_file),
    )
    made = make(config, SystemClock(), wish)
    manifest = made.manifest
    facts = {
        "file": str(made.path),
        "bytes": made.bytes,
        "seconds": round(made.seconds, 2),
        "revision": manifest.revision,
        "pictures": manifest.pictures,
        "picture_bytes": manifest.picture_bytes,
        "fresh_pictures": made.fresh,
        "encrypted": bool(manifest.recipient),
        "keys": manifest.keys,
        **manifest.counts,
    }
    console.wait_for(_note(config, "backup.create", made.path.name, {"bytes": made.bytes, "keys": manifest.keys}))
    words = f"Made {made.path} ({_mib(made.bytes)}, {made.seconds:.1f} s"
    words += f"; {manifest.pictures} pictures beside it, {made.fresh} of them new)." if manifest.media else ")."
    console.tell(words + _about_keys(manifest.keys, bool(manifest.recipient), config), **facts)


def _about_keys(keys: bool, encrypted: bool, config: Config) -> str:
    from fediverse_ai.core import secrets

    if not keys:
        path = config.data_dir / secrets.FILE
        return f"\n{path} is not in it. Keep a copy of that file elsewhere: without it no backup can be restored."
    if not encrypted:
        return "\nThe secret key is in it, readable: whoever has this file can act as your server."
    return ""


async def _note(config: Config, action: str, name: str, after: dict[str, Any]) -> None:
    """A line in the audit log, where the database is of this program's revision: a backup changes nothing else."""
    from actors import audit
    from fediverse_ai import migrations
    from fediverse_ai.cli.console import beside

    if migrations.current(config) != migrations.newest():
        return
    async with beside(config) as context, context.database.write() as session:
        await audit.note(session, None, action, audit.Subject("server", 0, name), after=after)


@app.command()
def verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The backup; else the newest one.")] = None,
    passphrase_file: PASSPHRASE = None,
    media: Annotated[bool, typer.Option("--media/--no-media", help="Read every picture, or only look for it.")] = True,
    load: Annotated[
        bool,
        typer.Option("--load/--no-load", help="Load a dump of PostgreSQL into a database of its own, or only list it."),
    ] = True,
) -> None:
    """Open a backup and look at all of it. Exit code 1 when something is missing or changed."""
    from fediverse_ai.backup import places
    from fediverse_ai.backup.verify import verify as look
    from fediverse_ai.core.clock import SystemClock
    from fediverse_ai.core.errors import Missing

    config = console.load_config()
    newest = places.backups_in(config.backup_dir)
    path = file or (newest[0].path if newest else None)
    if path is None:
        raise Missing(f"There is no backup in {config.backup_dir}.")
    report = look(config, path, _passphrase(config, passphrase_file), read_pictures=media, load=load)
    if path.name == places.state_of(config).file:
        places.note_state(config, verified_ms=SystemClock().now_ms(), problems=report.problems)
    manifest = report.manifest
    lines = [f"{path}: made {_day(manifest.made_ms)} by {manifest.program}, revision {manifest.revision}"]
    lines.append(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in manifest.counts.items()))
    lines += [f"not looked at: {words}" for words in report.skipped]
    lines += [f"PROBLEM: {words}" for words in report.problems] or [
        f"It is good; {report.pictures} pictures are there."
    ]
    console.tell(
        "\n".join(lines),
        file=str(path),
        good=report.good,
        problems=report.problems,
        skipped=report.skipped,
        pictures=report.pictures,
        made_ms=manifest.made_ms,
        revision=manifest.revision,
        keys=manifest.keys,
        counts=manifest.counts,
    )
    raise typer.Exit(int(not report.good))


@app.command("list")
def show(folder: FOLDER = None) -> None:
    """The backups that there are, the newest first."""
    from fediverse_ai.backup import container, places
    from fediverse_ai.core.errors import Unprocessable

    config = console.load_config()
    rows: list[dict[str, Any]] = []
    for found in places.backups_in(folder or config.backup_dir):
        row: dict[str, Any] = {"file": str(found.path), "made": _day(found.made_ms), "bytes": found.bytes}
        try:
            with container.opened(found.path) as packed:
                manifest = packed.manifest
            row |= {"revision": manifest.revision, "pictures": manifest.pictures, "keys": manifest.keys}
            row |= {"encrypted": bool(manifest.recipient)}
        except Unprocessable:
            row |= {"revision": "unreadable", "pictures": None, "keys": None, "encrypted": None}
        rows.append(row)
    headings = {"file": "file", "made": "made", "bytes": "bytes", "revision": "revision", "pictures": "pictures"}
    console.table(headings | {"encrypted": "encrypted", "keys": "keys"}, rows)


@app.command()
def prune(
    keep_daily: Annotated[
        int | None, typer.Option(min=1, help="Days that keep their newest; else backup.keep_daily.")
    ] = None,
    keep_weekly: Annotated[
        int | None, typer.Option(min=0, help="Weeks that keep their newest; else backup.keep_weekly.")
    ] = None,
    folder: FOLDER = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove old backups, and pictures that no kept backup needs. The newest always stays."""
    from fediverse_ai.backup.prune import prune as thin

    config = console.load_config()
    where = folder or config.backup_dir
    daily = config.backup.keep_daily if keep_daily is None else keep_daily
    weekly = config.backup.keep_weekly if keep_weekly is None else keep_weekly
    plan = thin(where, daily, weekly, dry_run=True)
    if not dry_run and (plan.gone or plan.pictures):
        if not yes:
            typer.confirm(f"Remove {len(plan.gone)} backups and {plan.pictures} pictures in {where}?", abort=True)
        plan = thin(where, daily, weekly)
        names = [one.path.name for one in plan.gone]
        console.wait_for(_note(config, "backup.prune", str(where), {"gone": names, "pictures": plan.pictures}))
    verb = "Would remove" if dry_run else "Removed"
    console.tell(
        f"{verb} {len(plan.gone)} backups and {plan.pictures} pictures ({_mib(plan.picture_bytes)}); "
        f"{len(plan.kept)} backups stay.",
        dry_run=dry_run,
        gone=[str(one.path) for one in plan.gone],
        kept=[str(one.path) for one in plan.kept],
        pictures=plan.pictures,
        picture_bytes=plan.picture_bytes,
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup, or a folder, whose newest is taken.")],
    passphrase_file: PASSPHRASE = None,
    secret_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="secret.key, where the backup does not hold it; beside it `provenance`, if kept."
        ),
    ] = None,
    afterwards: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="What came after the backup; else afterwards*.jsonl beside it."),
    ] = None,
    media: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where its pictures lie; else `media` beside it.")
    ] = None,
    keep_sessions: Annotated[
        bool, typer.Option("--keep-sessions", help="Nobody has to sign in again; who was signed out since is in again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look whether it can be restored.")] = False,
) -> None:
    """Bring a backup back into --data DIR, which must be new or empty, as must be a PostgreSQL database.

    Nothing that was on its way is sent again, no id is given twice, and what was deleted since stays deleted. Exit code
    3: it is done, but pictures are missing.
    """
    from fediverse_ai.backup import restore as bringing
    from fediverse_ai.core.clock import SystemClock
    from fediverse_ai.core.config import load

    options = console.chosen.get()
    plan = bringing.Plan(
        backup=_newest_in(file),
        target=options.data,
        load=lambda folder: load(folder, options.file),
        passphrase=_passphrase(console.load_config(), passphrase_file),
        secret_file=secret_key,
        lists=afterwards,
        store=media,
        keep_sessions=keep_sessions,
    )
    if dry_run:
        manifest = bringing.check(plan)
        console.tell(f"It can be restored into {options.data}.", dry_run=True, revision=manifest.revision)
        return
    from fediverse_ai.core import log

    log.configure(console.quiet(console.load_config()).log)
    done = console.wait_for(bringing.restore(plan, SystemClock()))
    _say(plan, done)
    raise typer.Exit(INCOMPLETE if done.problems else 0)


def _newest_in(path: Path) -> Path:
    """The file itself, or the newest backup of a folder. Raises Missing."""
    from fediverse_ai.backup import places
    from fediverse_ai.core.errors import Missing

    if not path.is_dir():
        return path
    found = places.backups_in(path)
    if not found:
        raise Missing(f"There is no backup in {path}.")
    return found[0].path


def _say(plan: Plan, done: Restored) -> None:
    manifest, settled = done.manifest, done.settled
    lines = [f"Restored {manifest.public_url} into {plan.target}, as it was at {_day(manifest.made_ms)}."]
    if manifest.revision != done.revision:
        lines.append(f"The database was brought from revision {manifest.revision} to {done.revision}.")
    if done.known_until_ms:
        lines.append(f"Deletions, follows and blocks until {_day(done.known_until_ms)} were done once more.")
    else:
        lines.append("No list tells what came after it: what was deleted since is here again.")
    lines.append(f"{settled['deliveries_withheld']} deliveries that were under way are not sent again.")
    lines.append(
        f"{settled['posts_renumbered']} posts that were not out have new addresses; "
        f"{settled['posts_made_drafts']} of them wait as drafts for their authors."
    )
    lines.append(f"{settled['sign_ins_ended']} sign-ins of people and apps ended.")
    if done.new_certificates:
        lines.append("The key of its certificates was not kept: they do not vouch for new pictures, new ones do.")
    lines += [f"PROBLEM: {words}" for words in done.problems[:20]]
    lines.append("The server that was lost must never run again. Then: `fediverse-ai serve`, and `doctor`.")
    console.tell(
        "\n".join(lines),
        made_ms=manifest.made_ms,
        revision=done.revision,
        known_until_ms=done.known_until_ms,
        floor_ms=done.floor_ms,
        pictures=done.pictures,
        problems=done.problems,
        new_certificates=done.new_certificates,
        **settled,
    )
