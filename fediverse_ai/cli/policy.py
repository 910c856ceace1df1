"""`moderation policy check|dry-run|diff|rollback|history`: the rules of the gate, tried before they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fediverse_ai.cli import console

app = typer.Typer(help="The policy: what may be made and shown here.", no_args_is_help=True)

File = Annotated[Path | None, typer.Argument(metavar="FILE", help="A policy file; without it the server's own.")]
SHOWN_CHANGES = 20
Version = Annotated[str, typer.Argument(metavar="VERSION", help="As `history` shows it.")]


@app.command()
def check(file: File = None) -> None:
    """Read a policy file and say whether it could run; exit code 1 when it could not."""
    from generation import plugins
    from generation.policy import load_policy
    from generation.policy_file import path_of

    config = console.load_config()
    path = file or path_of(config)
    policy = load_policy(path if file is not None or path.exists() else None)
    names = config.moderation.moderators or [*plugins.MODERATORS, *config.moderation.services]
    missing = policy.missing(names)
    words = f"{path}: policy {policy.version}, {len(policy.categories)} rules."
    if missing:
        words += f" It requires {', '.join(missing)}, which do not run here: everything would be held."
    console.tell(words, version=policy.version, rules=sorted(policy.categories), missing=missing)


@app.command("dry-run")
def dry_run(
    file: File = None,
    posts: Annotated[int, typer.Option("--posts", min=1, max=100_000, help="How many of the last posts.")] = 100,
) -> None:
    """What this policy would have decided about the last posts, by the scores that they got then."""
    facts = console.wait_for(_dry_run(file, posts))
    lines = [
        f"Of {facts['judged']} decisions policy {facts['version']} would have changed {len(facts['changed'])}: "
        + (", ".join(f"{count} {name}" for name, count in facts["changes"].items()) or "none")
    ]
    lines += [
        f"  {row['post']}: {row['was']} -> {row['would']} ({row['rule'] or '-'})" for row in facts["changed"][:20]
    ]
    if facts["unscored"]:
        lines.append(f"{facts['unscored']} were decided by people or without scores and are left out.")
    console.tell("\n".join(lines), **facts)


async def _dry_run(file: Path | None, posts: int) -> dict[str, Any]:
    from generation.policy import load_policy
    from generation.policy_file import path_of
    from outbox import judging

    config = console.existing_config()
    path = file or path_of(config)
    policy = load_policy(path if file is not None or path.exists() else None)
    async with console.beside(config) as context, context.database.read() as session:
        return {"version": policy.version, **await judging.replay(session, policy, posts)}


@app.command()
def history() -> None:
    """Every policy that ran here, the newest first."""
    columns = {"version": "version", "since": "since", "note": "why", "id": "id"}
    console.table(columns, console.wait_for(_history()))


async def _history() -> list[dict[str, Any]]:
    from fediverse_ai.cli.federation import moment
    from outbox import policies

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        found = await policies.versions(session)
    return [{"version": one.version, "since": moment(one.created_ms), "note": one.note, "id": one.id} for one in found]


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A version; `shipped` for the default.")] = "shipped",
    after: Annotated[str, typer.Argument(metavar="AFTER", help="A version; without it what runs now.")] = "",
) -> None:
    """What changed between two policies."""
    changes = console.wait_for(_diff(before, after))
    console.tell(changes or "They are the same.", diff=changes)


async def _diff(before: str, after: str) -> str:
    from generation.pipeline import Pipeline
    from generation.policy_file import shipped
    from outbox import policies

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        texts = []
        for name in (before, after):
            if name == "shipped":
                texts.append(shipped())
            elif name:
                texts.append((await policies.version_named(session, name)).text)
            else:
                texts.append(context.part(Pipeline).policy.text)
    return policies.difference(texts[0], texts[1], (before, after or "now"))


@app.command()
def rollback(version: Version) -> None:
    """Put a policy that ran before back in place; a running server takes it up within seconds."""
    name, path = console.wait_for(_rollback(version))
    console.tell(f"{path} is policy {name} again.", version=name, file=str(path))


async def _rollback(version: str) -> tuple[str, Path]:
    from generation.policy import parse_policy
    from generation.policy_file import path_of, write
    from outbox import policies

    config = console.existing_config()
    async with console.beside(config) as context:
        async with context.database.read() as session:
            kept = await policies.version_named(session, version)
        policy = parse_policy(kept.text.encode(), f"Policy {version}")
        path = path_of(config)
        write(path, kept.text)
        async with context.database.write() as session:
            await policies.remember(session, policy, note="rolled back")
    return kept.version, path
