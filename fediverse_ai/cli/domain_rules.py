"""`federation block|unblock|rules|preview|import|export`: rules about whole servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console
from fediverse_ai.cli.actor_rules import rule_columns, rule_facts

if TYPE_CHECKING:
    from actors.blocklist import Step
    from actors.rules import Wanted
    from fediverse_ai.core.context import Context

Host = Annotated[str, typer.Argument(help="The server; its subdomains are meant too.")]
Severity = Annotated[str, typer.Option(help="suspend: no exchange at all; limit: off public pages; none.")]
Media = Annotated[bool, typer.Option("--reject-media", help="Show none of its pictures here.")]
Reports = Annotated[bool, typer.Option("--reject-reports", help="Take none of its reports.")]
List = Annotated[Path, typer.Argument(metavar="FILE", help="CSV as Mastodon exports it, - for standard input.")]
Named = Annotated[
    list[str] | None, typer.Option("--yes", metavar="HOST", help="Cut this one too, however many follows there are.")
]
SHOWN_PROBLEMS = 10


def add_to(app: typer.Typer) -> None:
    """The commands of this file under `federation`."""
    app.command()(block)
    app.command()(unblock)
    app.command()(rules)
    app.command()(preview)
    app.command("import")(import_)
    app.command()(export)


def block(
    host: Host,
    severity: Severity = "suspend",
    reject_media: Media = False,
    reject_reports: Reports = False,
    reason: Annotated[str, typer.Option(help="Why; for the people in charge only.")] = "",
    comment: Annotated[str, typer.Option(help="What everybody may read on /federation.")] = "",
    obfuscate: Annotated[bool, typer.Option("--obfuscate", help="Show the name with stars there.")] = False,
) -> None:
    """Make a rule about a server; it takes effect at once, and `unblock` takes it back with what it cut."""
    from actors.rules import Wanted

    wanted = Wanted(host, severity, reject_media, reject_reports, reason, comment, obfuscate)
    facts = console.wait_for(_block(wanted))
    console.tell(f"{facts['host']}: {facts['severity']}. {_impact_words(facts)}", **facts)


async def _block(wanted: Wanted) -> dict[str, Any]:
    from actors import rules as domain

    async with console.beside(console.existing_config()) as context:
        wanted = domain.check(wanted, context.config.own_hosts)
        facts = await _impact(context, wanted)
        await domain.set_rule(context, wanted)
        return facts


def unblock(
    host: Host,
    reason: Annotated[str, typer.Option(help="Why; kept with the rule's record.")] = "",
) -> None:
    """Take a rule back; follows that it cut are there again."""
    effect = console.wait_for(_unblock(host, reason))
    words = f"The rule about {host} is lifted; {effect['restored']} follows are back."
    console.tell(words, host=host, **effect)


async def _unblock(host: str, reason: str) -> dict[str, int]:
    from actors import rules as domain

    async with console.beside(console.existing_config()) as context:
        effect = await domain.undo(context, host, reason=reason)
    return {"actors": effect.actors, "restored": effect.restored}


def rules(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were taken back.")] = False,
) -> None:
    """The rules that hold, or their whole record."""
    columns = {"host": "server", "severity": "severity", "rejects": "rejects", "reason": "reason"}
    columns |= {"comment": "public comment", **rule_columns(everything)}
    console.table(columns, console.wait_for(_rules(everything)))


async def _rules(everything: bool) -> list[dict[str, Any]]:
    from actors import rules as domain

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        found = await domain.rules(session, undone=everything)
    return [
        {
            "host": rule.host,
            "rejects": " ".join(["media"] * rule.reject_media + ["reports"] * rule.reject_reports) or None,
            "comment": rule.public_comment or None,
            "obfuscate": rule.obfuscate,
            **rule_facts(rule),
        }
        for rule in found
    ]


def preview(
    host: Host,
    severity: Severity = "suspend",
    reject_media: Media = False,
) -> None:
    """What a rule would cut and hide; nothing is changed."""
    from actors.rules import Wanted

    facts = console.wait_for(_preview(Wanted(host, severity, reject_media)))
    console.tell(f"{facts['host']}: {facts['severity']} would do this. {_impact_words(facts)}", **facts)


async def _preview(wanted: Wanted) -> dict[str, Any]:
    from actors import rules as domain

    async with console.beside(console.existing_config()) as context:
        return await _impact(context, domain.check(wanted, context.config.own_hosts))


async def _impact(context: Context, wanted: Wanted) -> dict[str, Any]:
    from actors import rules as domain
    from outbox.hosts import count_posts

    async with context.database.read() as session:
        found = (await domain.preview(session, {wanted.host: domain.ruling_of(wanted)}))[wanted.host]
        posts = await count_posts(session, found.actor_ids)
    return {
        "host": wanted.host,
        "severity": wanted.severity,
        "follows": found.follows,
        "followers": found.followers,
        "actors": len(found.actor_ids),
        "posts": posts,
    }


def _impact_words(facts: dict[str, Any]) -> str:
    return (
        f"Follows cut: {facts['follows']} of ours, {facts['followers']} of theirs. "
        f"Posts hidden: {facts['posts']} by {facts['actors']} people."
    )


def import_(
    file: List,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would do.")] = False,
    yes: Named = None,
) -> None:
    """Add the rules of a list. Rules of ours become stricter, never weaker; none is taken away.

    Exit codes: 0 done, 1 error, 3 some servers were left out because the rule would cut many follows (see --yes).
    """
    rows, problems = console.wait_for(_import(_text_of(file), dry_run, yes or []))
    for number, words in problems[:SHOWN_PROBLEMS]:
        console.complain(f"line {number} is left out: {words}")
    if len(problems) > SHOWN_PROBLEMS:
        console.complain(f"{len(problems) - SHOWN_PROBLEMS} more lines are left out.")
    columns = {"action": "would" if dry_run else "did", "host": "server", "severity": "severity"}
    console.table(columns | {"follows": "our follows", "followers": "their follows"}, rows)
    raise typer.Exit(3 if any(row["action"] == "guarded" for row in rows) else 0)


def _text_of(file: Path) -> str:
    import sys

    from fediverse_ai.core import limits
    from fediverse_ai.core.errors import Malformed

    try:
        if str(file) == "-":
            return sys.stdin.read(limits.BLOCKLIST_CHARS + 1)
        with file.open("rb") as opened:
            return opened.read(4 * limits.BLOCKLIST_CHARS + 4).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"{file} is not text in UTF-8.") from None


async def _import(text: str, dry_run: bool, named: list[str]) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    from actors import blocklist

    async with console.beside(console.existing_config()) as context:
        read = blocklist.read(text, context.config.own_hosts)
        async with context.database.read() as session:
            steps = await blocklist.plan(session, read.wanted, named)
        if not dry_run:
            await blocklist.apply(context, steps)
    return [_step(step) for step in steps], read.problems


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": step.action,
        "host": step.wanted.host,
        "severity": step.wanted.severity,
        "follows": step.impact.follows,
        "followers": step.impact.followers,
    }


def export(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to; else standard output.")] = None,
) -> None:
    """Write the rules as a list that Mastodon and this command read; reasons stay here."""
    text = console.wait_for(_export())
    if file is None:
        print(text, end="", flush=True)
    else:
        file.write_text(text, "utf-8")


async def _export() -> str:
    from actors import blocklist

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        return await blocklist.write(session)
