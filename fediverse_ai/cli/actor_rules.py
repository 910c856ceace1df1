"""`federation limit|suspend|restore`: rules about single people of other servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from actors.models import ActorRule, DomainRule, Severity

Who = Annotated[str, typer.Argument(help="@name@server, or the address of the account.")]
Why = Annotated[str, typer.Option(help="For the people in charge only; kept with the rule's record.")]


def rule_columns(everything: bool) -> dict[str, str]:
    """The columns at the end of every list of rules; with those that were taken back, since when and why."""
    return {"since": "since"} | ({"undone": "taken back", "undone_reason": "because"} if everything else {})


def rule_facts(rule: ActorRule | DomainRule) -> dict[str, Any]:
    """What every rule has, whomever it is about."""
    from fediverse_ai.cli.federation import moment

    return {
        "severity": rule.severity,
        "reason": rule.reason or None,
        "since": moment(rule.created_ms),
        "undone": moment(rule.undone_ms),
        "undone_reason": rule.undone_reason or None,
    }


def add_to(app: typer.Typer) -> None:
    """The commands of this file under `federation`."""
    app.command()(limit)
    app.command()(suspend)
    app.command()(restore)
    app.command("people")(people)


def limit(handle: Who, reason: Why = "") -> None:
    """Keep somebody's posts off public pages; who follows them still sees them, and their own follows wait."""
    from actors.models import Severity

    _tell("is limited", console.wait_for(_change(handle, Severity.LIMIT, reason)))


def suspend(handle: Who, reason: Why = "") -> None:
    """End every exchange with somebody, in both directions; `restore` takes it back with what it cut."""
    from actors.models import Severity

    _tell("is suspended", console.wait_for(_change(handle, Severity.SUSPEND, reason)))


def restore(handle: Who, reason: Why = "") -> None:
    """Take a limit or a suspension back; follows that it cut are there again."""
    _tell("is under no rule of their own", console.wait_for(_change(handle, None, reason)))


def _tell(words: str, effect: dict[str, Any]) -> None:
    follows = f"Follows cut: {effect['severed']}, back: {effect['restored']}."
    console.tell(f"{effect['handle']} {words}. {follows}", **effect)


async def _change(handle: str, severity: Severity | None, reason: str) -> dict[str, Any]:
    """Set a rule, or take it back with None."""
    from actors import actor_rules, queries
    from actors.remote import resolve

    async with console.beside(console.existing_config()) as context:
        actor_id = await resolve(context, handle)
        if severity is None:
            effect = await actor_rules.restore(context, actor_id, reason=reason)
        else:
            effect = await actor_rules.set_rule(context, actor_id, severity, reason=reason)
        async with context.database.read() as session:
            actor = await queries.by_id(session, actor_id)
    assert actor is not None
    return {"handle": actor.handle, "actor": actor.uri, "severed": effect.severed, "restored": effect.restored}


def people(
    everything: Annotated[bool, typer.Option("--all", help="Also rules that were taken back.")] = False,
) -> None:
    """The rules about single people, or their whole record."""
    columns = {"handle": "who", "severity": "severity", "reason": "reason"}
    console.table(columns | rule_columns(everything), console.wait_for(_people(everything)))


async def _people(everything: bool) -> list[dict[str, Any]]:
    from actors import actor_rules

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        found = await actor_rules.actor_rules(session, undone=everything)
    return [{"handle": actor.handle, **rule_facts(rule)} for rule, actor in found]
