"""`federation …`: what this server exchanges with others, seen and steered from the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import actor_rules, console, domain_rules, verify_signature

if TYPE_CHECKING:
    from fediverse_ai.activitypub.authority import Admitted
    from fediverse_ai.core.context import Context

app = typer.Typer(help="Other servers: looking, tracing, rules and wishes.", no_args_is_help=True)

DELIVERY_STATES = ("pending", "lane", "delivered", "given_up", "withheld")
OUTCOMES = ("stored", "done", "ignored", "dropped", "unsupported", "failed")

Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many rows.")]


def moment(ms: int | None) -> str | None:
    """Epoch milliseconds as a time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if ms else None


def _check(name: str, given: str | None, known: tuple[str, ...]) -> None:
    """An empty list would look as if there were nothing. Raises Unprocessable."""
    from fediverse_ai.core.errors import Unprocessable

    if given is not None and given not in known:
        raise Unprocessable(f"--{name} is one of {', '.join(known)}.")


@app.command()
def lookup(
    what: Annotated[str, typer.Argument(metavar="HANDLE|URI", help="@name@host, or the address of an actor or post.")],
) -> None:
    """Ask another server for an actor or a post, as an activity would, and tell what we make of it."""
    facts = console.wait_for(_lookup(what))
    console.tell("\n".join(f"{name:<18}{value}" for name, value in facts.items() if value is not None), **facts)


async def _lookup(what: str) -> dict[str, Any]:
    from actors import queries
    from actors.policy import DomainRules
    from actors.remote import RemoteActors, finger
    from fediverse_ai.activitypub import vocabulary, webfinger
    from fediverse_ai.core.http import Budget

    async with console.beside(console.existing_config()) as context:
        budget, uri = Budget(clock=context.clock), what.strip()
        if not uri.startswith(("https://", "http://")):
            uri = (await finger(context, webfinger.parse_handle(uri), budget)).actor_uri
        remote = context.part(RemoteActors)
        admitted = await remote.fetcher.document(uri, budget=budget)
        if admitted.type not in vocabulary.ACTOR_TYPES:
            return await _object_facts(context, admitted)
        actor_id = await remote.take(admitted, budget)
        async with context.database.read() as session:
            actor = await queries.by_id(session, actor_id)
            key = await queries.key_of(session, actor_id)
            counts = await queries.counts(session, actor_id)
        assert actor is not None
        ruling = (await context.part(DomainRules).now()).over_actor(actor.host, actor.uri)
        return {
            "handle": actor.handle,
            "type": actor.kind,
            "id": actor.uri,
            "page": actor.page_url,
            "inbox": actor.inbox_url,
            "shared_inbox": actor.shared_inbox_url,
            "key": key.uri if key else None,
            "locked": actor.manually_approves,
            "moved_to": actor.moved_to_uri,
            "followed_here_by": counts.followers,
            "follows_here": counts.following,
            "suspended": moment(actor.suspended_ms),
            "rule": ruling.severity,
            "reject_media": ruling.reject_media,
        }


async def _object_facts(context: Context, admitted: Admitted) -> dict[str, Any]:
    from fediverse_ai.activitypub import document
    from outbox.hosts import find_post

    async with context.database.read() as session:
        known = await find_post(session, admitted.id)
    return {
        "type": admitted.type,
        "id": admitted.id,
        "author": admitted.owner,
        "published": document.string(admitted.document, "published", 100),
        "in_reply_to": document.id_of(admitted.document.get("inReplyTo")),
        "to": ", ".join(document.audience(admitted.document, "to")) or None,
        "cc": ", ".join(document.audience(admitted.document, "cc")) or None,
        "attachments": len(document.objects(admitted.document, "attachment")),
        "kept_here": known.id if known else None,
    }


@app.command()
def trace(post: Annotated[str, typer.Argument(help="Its number, its id, or the address of its page.")]) -> None:
    """Where a post of ours went: every activity about it and what each server answered."""
    columns = {"activity": "activity", "inbox": "inbox", "state": "state", "attempts": "tries", "error": "last answer",
               "done": "done"}  # fmt: skip
    console.table(columns, console.wait_for(_trace(post)))


async def _trace(post: str) -> list[dict[str, Any]]:
    from fediverse_ai.core.errors import Missing
    from outbox import hosts

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        found = await hosts.find_post(session, post)
        if found is None:
            raise Missing(f"There is no post {post} here.")
        return [_delivery(*row) for row in await hosts.deliveries(session, object_uri=found.uri, limit=10_000)]


def _delivery(delivery: Any, activity: Any) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "activity": activity.type,
        "activity_id": activity.uri,
        "object": activity.object_uri,
        "host": delivery.host,
        "inbox": delivery.inbox_url,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "error": delivery.last_error,
        "created": moment(delivery.created_ms),
        "done": moment(delivery.done_ms),
    }


@app.command()
def deliveries(
    host: Annotated[str | None, typer.Option(help="Only to this server.")] = None,
    state: Annotated[
        str | None, typer.Option(help="pending, lane, delivered, given_up or withheld: the rows instead of counts.")
    ] = None,
    limit: Limit = 100,
) -> None:
    """How deliveries stand with each server; with --state the deliveries themselves, newest first."""
    _check("state", state, DELIVERY_STATES)
    console.wait_for(_deliveries(host, state, limit))


async def _deliveries(host: str | None, state: str | None, limit: int) -> None:
    from outbox import hosts

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        if state is not None:
            rows = [_delivery(*row) for row in await hosts.deliveries(session, host=host, state=state, limit=limit)]
            columns = {"created": "queued", "activity": "activity", "inbox": "inbox", "attempts": "tries"}
            console.table(columns | {"error": "last answer"}, rows)
            return
        found = await hosts.summaries(session, host)
    names = ("delivered", *(name for name in DELIVERY_STATES if name != "delivered"))
    rows = [
        {
            "host": one.host,
            **{name: one.counts.get(name, 0) for name in names},
            "failures": one.state.failures if one.state else 0,
            "failing_since": moment(one.state.failing_since_ms) if one.state else None,
            "last_success": moment(one.state.last_success_ms) if one.state else None,
            "scheme": one.state.scheme if one.state else None,
        }
        for one in found[:limit]
    ]
    headings = {"host": "server", **{name: name.replace("_", " ") for name in names}}
    console.table(headings | {"failing_since": "failing since", "last_success": "last success"}, rows)


@app.command()
def retry(
    host: Annotated[str, typer.Argument(help="The server.")],
    given_up: Annotated[bool, typer.Option("--given-up", help="Also what was given up, once more.")] = False,
) -> None:
    """Try what waits for a server now, instead of at its time."""
    waiting = console.wait_for(_retry(host, given_up))
    words = f"{waiting} deliveries to {host} are tried now." if waiting else f"Nothing waits for {host}."
    console.tell(words, host=host, waiting=waiting)


async def _retry(host: str, given_up: bool) -> int:
    from outbox import hosts

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        return await hosts.retry(session, host, given_up=given_up)


@app.command()
def ping(host: Annotated[str, typer.Argument(help="The server.")]) -> None:
    """Ask a server what it runs, and tell what we know of it. Exit code 1 when it does not answer."""
    facts = console.wait_for(_ping(host))
    console.tell("\n".join(f"{name:<16}{value}" for name, value in facts.items() if value is not None), **facts)
    raise typer.Exit(0 if facts["answers"] else 1)


async def _ping(host: str) -> dict[str, Any]:
    from actors.policy import DomainRules
    from actors.software import Software, ask
    from fediverse_ai.core.errors import Elsewhere, Forbidden
    from fediverse_ai.core.urls import canonical_host
    from outbox import hosts, preferences

    name = canonical_host(host)
    async with console.beside(console.existing_config()) as context:
        began, problem, found = context.clock.monotonic(), None, Software()
        try:
            found = await ask(context, name)
        except (Elsewhere, Forbidden) as error:
            problem = error.detail
        taken = context.clock.monotonic() - began
        async with context.database.read() as session:
            [known] = await hosts.summaries(session, name) or [hosts.HostSummary(name)]
            wish = await preferences.wish_of(session, name)
        ruling = await context.part(DomainRules).over(name)
    return {
        "host": name,
        "answers": problem is None,
        "problem": problem,
        "seconds": round(taken, 2),
        "software": f"{found.name} {found.version}".strip() or None,
        "clock_ahead": found.clock_ahead,
        "rule": ruling.severity,
        "wish": str(wish),
        "waiting": known.counts.get("lane", 0),
        "given_up": known.counts.get("given_up", 0),
        "last_success": moment(known.state.last_success_ms) if known.state else None,
        "scheme": known.state.scheme if known.state else None,
    }


@app.command()
def inbox(
    outcome: Annotated[str | None, typer.Option(help="stored, done, ignored, dropped, unsupported or failed.")] = None,
    host: Annotated[str | None, typer.Option(help="Only from this server.")] = None,
    limit: Limit = 50,
) -> None:
    """What arrived, newest first, and what became of it."""
    _check("outcome", outcome, OUTCOMES)
    columns = {"received": "received", "type": "type", "sender": "sender", "outcome": "outcome", "detail": "why"}
    console.table(columns, console.wait_for(_inbox(outcome, host, limit)))


async def _inbox(outcome: str | None, host: str | None, limit: int) -> list[dict[str, Any]]:
    from sqlmodel import col, select

    from inbox.models import Received

    query = select(Received)
    if outcome is not None:
        query = query.where(Received.state == outcome)
    if host is not None:
        query = query.where(col(Received.sender_uri).contains(f"://{host}/", autoescape=True))
    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        rows = list(await session.exec(query.order_by(col(Received.id).desc()).limit(limit)))
    return [
        {
            "id": row.activity_uri,
            "received": moment(row.received_ms),
            "type": row.type,
            "sender": row.sender_uri,
            "outcome": row.state,
            "detail": row.detail,
        }
        for row in rows
    ]


@app.command()
def wish(
    host: Annotated[str | None, typer.Argument(help="The server; without it, all wishes are listed.")] = None,
    wanted: Annotated[str | None, typer.Argument(metavar="everything|replies|no-ai", help="What it wants.")] = None,
) -> None:
    """Remember what a server wants to be sent; it holds for what is queued already, too."""
    console.wait_for(_wish(host, wanted))


async def _wish(host: str | None, wanted: str | None) -> None:
    from fediverse_ai.core.errors import Unprocessable
    from outbox import preferences

    if wanted is not None and wanted not in set(preferences.Wish):
        raise Unprocessable(f"A wish is one of {', '.join(preferences.Wish)}.")
    async with console.beside(console.existing_config()) as context:
        if host is not None and wanted is not None:
            async with context.database.write() as session:
                state = await preferences.state_wish(session, host, preferences.Wish(wanted))
            console.tell(
                f"{state.host} is sent {preferences.SAID[preferences.Wish(wanted)]}.", host=state.host, wish=wanted
            )
            return
        async with context.database.read() as session:
            rows = [
                {"host": one.host, "wish": one.wish, "by": one.wish_by or "admin", "since": moment(one.wish_ms)}
                for one in await preferences.wishes(session)
                if host is None or one.host == host
            ]
    console.table({"host": "server", "wish": "wants", "by": "said by", "since": "since"}, rows)


domain_rules.add_to(app)
actor_rules.add_to(app)
app.command("verify-signature")(verify_signature.verify_signature)
