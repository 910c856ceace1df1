"""`moderation queue|show|approve|reject|appeals|stats`: what waits for a person, and the person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console, hashes, policy

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from actors.models import Account
    from fediverse_ai.core.context import Context
    from outbox.models import Judgement, Post, Revision

app = typer.Typer(help="What the gate holds, appeals, the policy, and known pictures.", no_args_is_help=True)
app.add_typer(policy.app, name="policy")
app.add_typer(hashes.app, name="hash")

Target = Annotated[int, typer.Argument(metavar="ID", help="Number of a post, or of an edit as `queue` shows it.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="The moderator; without it the owner.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")]
SHOWN = 60
PENDING = -1


@app.command()
def queue(limit: Most = 50) -> None:
    """What is held and waits for a moderator, the oldest first."""
    columns = {"id": "id", "kind": "what", "author": "author", "rule": "rule", "since": "since", "about": "about"}
    console.table(columns, console.wait_for(_queue(limit)))


async def _queue(limit: int) -> list[dict[str, Any]]:
    from actors import queries
    from fediverse_ai.cli.federation import moment
    from outbox import moderate
    from outbox.judging import prompt_of
    from outbox.models import Post

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        posts, edits = await moderate.waiting(session, limit)
        rows = []
        held: list[Post | Revision] = [*posts, *edits]
        for item in held:
            post = item if isinstance(item, Post) else await session.get(Post, item.post_id)
            author = await queries.by_id(session, post.author_id) if post is not None else None
            about = (prompt_of(item) if isinstance(item, Post) else None) or item.text
            rows.append(
                {
                    "id": item.id,
                    "kind": "post" if isinstance(item, Post) else "edit",
                    "author": author.username if author else None,
                    "rule": item.rule,
                    "since": moment(item.created_ms),
                    "about": about[:SHOWN],
                }
            )
    return rows


@app.command()
def show(target: Target) -> None:
    """Everything about one post: words, every decision with scores, the nearest rules, what would reverse it."""
    facts = console.wait_for(_show(target))
    lines = [f"{facts['id']}: {facts['state']}, by {facts['author']}", f"Rule: {facts['rule'] or '-'}"]
    lines += [f"{name.capitalize()}: {facts[name]}" for name in ("prompt", "text", "reason") if facts[name]]
    lines += [f"Picture: {name}" for name in facts["pictures"]]
    for decision in facts["decisions"]:
        lines.append(f"{decision['at']}  {decision['decision']} by {decision['by']}: {decision['reason'] or '-'}")
        lines += [f"    near {near}" for near in decision["near"]]
        lines += [f"    {evidence}" for evidence in decision["evidence"]]
    lines += [f"Appeal {one['id']}, {one['state']}: {one['text']}" for one in facts["appeals"]]
    lines.append(f"To reverse: {facts['reverse'] or 'nothing does'}")
    console.tell("\n".join(lines), **facts)


async def _show(target: int) -> dict[str, Any]:
    from actors import queries
    from outbox import documents, moderate
    from outbox.judging import prompt_of

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        post, revision = await _find(session, target)
        author = await queries.by_id(session, post.author_id)
        attachments = await documents.attachments_of(session, post.id)
        decided = await moderate.decisions(session, post.id)
        decisions = [await _decision(context, session, one) for one in decided]
        return {
            "id": target,
            "post": post.id,
            "state": revision.state if revision else post.state,
            "author": author.username if author else None,
            "rule": (revision or post).rule,
            "reason": (revision or post).reason,
            "prompt": prompt_of(post),
            "text": (revision or post).text,
            "pictures": [str(context.storage.path(item.file) or item.file) for item in attachments if item.file],
            "decisions": decisions,
            "appeals": await _appeals_of(session, post.id),
            "reverse": moderate.reverse(decided[-1], post) if decided else "",
        }


async def _decision(context: Context, session: AsyncSession, judgement: Judgement) -> dict[str, Any]:
    from actors.models import Account
    from fediverse_ai.cli.federation import moment
    from generation.pipeline import Pipeline
    from outbox.judging import groups_of

    account = await session.get(Account, judgement.decided_by_id) if judgement.decided_by_id else None
    near = context.part(Pipeline).policy.nearest(groups_of(judgement))
    words = [
        f"{told['moderator']} on {name}: {said}"
        for told in judgement.findings
        for name, said in (told.get("evidence") or {}).items()
    ]
    return {
        "id": judgement.id,
        "at": moment(judgement.created_ms),
        "decision": judgement.decision,
        "by": f"account {account.id}" if account else f"policy {judgement.policy_version}",
        "rule": judgement.rule,
        "reason": judgement.reason,
        "near": [f"{one.rule} at {one.stage}: {one.score:.2f}, {one.share:.0%} of its threshold" for one in near],
        "evidence": words,
    }


async def _appeals_of(session: AsyncSession, post_id: int) -> list[dict[str, Any]]:
    from sqlmodel import select

    from outbox.rulings import Appeal

    found = await session.exec(select(Appeal).where(Appeal.post_id == post_id))
    return [{"id": one.id, "state": one.state, "text": one.text, "answer": one.answer} for one in found]


@app.command()
def approve(
    target: Target, reason: Annotated[str, typer.Option(help="Why; kept with the decision.")] = "", name: As = ""
) -> None:
    """Let a held or refused post or edit out exactly as it is; one that has no picture yet gets it made and judged."""
    if console.wait_for(_word(target, reason, name, yes=True, remember=False)) == PENDING:
        return
    console.tell(f"{target} is let through.", id=target, decision="allow")


@app.command()
def reject(
    target: Target,
    reason: Annotated[str, typer.Option(help="What its author reads.")] = "A moderator decided that it breaks a rule.",
    remember: Annotated[
        bool, typer.Option("--remember", help="Also keep the pictures' hashes, so that copies are refused.")
    ] = False,
    name: As = "",
) -> None:
    """Refuse what is held, or take down what is out; a deletion is final in the fediverse."""
    kept = console.wait_for(_word(target, reason, name, yes=False, remember=remember))
    if kept == PENDING:
        return
    words = f"{target} is refused." + (f" {kept} hashes are remembered." if remember else "")
    console.tell(words, id=target, decision="refuse", remembered=kept)


async def _word(target: int, reason: str, name: str, *, yes: bool, remember: bool) -> int:
    from outbox import docket, known

    async with console.beside(console.existing_config()) as context:
        async with context.database.read() as session:
            post, _ = await _find(session, target)
        hashes = await known.of_post(context, post.id) if remember else []
        async with context.database.write() as session:
            account = await moderator(session, name)
            if not await docket.decide(session, target, account, reason, approve=yes):
                console.tell("A second person has to say the same.", id=target)
                return PENDING
            return await known.add(session, hashes, source=f"post {post.id}", reason=reason, account=account)


@app.command()
def appeals(
    uphold: Annotated[int | None, typer.Option(metavar="ID", help="Let the post of this appeal out.")] = None,
    reject: Annotated[int | None, typer.Option(metavar="ID", help="Leave the decision as it is.")] = None,
    answer: Annotated[str, typer.Option(help="What the author reads.")] = "",
    limit: Most = 50,
    name: As = "",
) -> None:
    """Appeals that wait for an answer; with --uphold or --reject the answer to one."""
    chosen = uphold if uphold is not None else reject
    if chosen is None:
        columns = {"id": "id", "post": "post", "author": "author", "since": "since", "text": "why"}
        console.table(columns, console.wait_for(_appeals(limit)))
        return
    console.wait_for(_answer(chosen, name, answer, uphold=uphold is not None))
    state = "upheld" if uphold is not None else "rejected"
    console.tell(f"Appeal {chosen} is {state}.", id=chosen, state=state)


async def _appeals(limit: int) -> list[dict[str, Any]]:
    from actors import queries
    from fediverse_ai.cli.federation import moment
    from outbox import appeals as verbs

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        rows = []
        for one in await verbs.open_appeals(session, limit):
            author = await queries.by_id(session, one.actor_id)
            rows.append(
                {
                    "id": one.id,
                    "post": one.revision_id or one.post_id,
                    "author": author.username if author else None,
                    "since": moment(one.created_ms),
                    "text": one.text,
                }
            )
    return rows


async def _answer(appeal_id: int, name: str, answer: str, *, uphold: bool) -> None:
    from fediverse_ai.core.errors import Missing
    from outbox import appeals as verbs
    from outbox.rulings import Appeal

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        made = await session.get(Appeal, appeal_id, with_for_update=True)
        if made is None:
            raise Missing(f"There is no appeal {appeal_id}.")
        await verbs.decide(session, made, await moderator(session, name), uphold=uphold, answer=answer)


@app.command()
def stats(days: Annotated[int, typer.Option(min=1, max=3650, help="Of how many days back.")] = 30) -> None:
    """How often the gate allowed, held and refused, by which rules, and how often people disagreed with it."""
    facts = console.wait_for(_stats(days))
    lines = [f"The last {days} days: " + ", ".join(f"{count} {name}" for name, count in facts["decisions"].items())]
    lines += [f"  {count} by {rule}" for rule, count in facts["rules"].items()]
    lines.append(
        f"Moderators: {facts['approved']} let out, {facts['rejected']} refused. "
        f"Appeals: {facts['appeals']['open']} open, {facts['appeals']['upheld']} upheld, "
        f"{facts['appeals']['rejected']} rejected."
    )
    console.tell("\n".join(lines), **facts)


async def _stats(days: int) -> dict[str, Any]:
    from outbox import judging

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        return await judging.stats(session, context.clock.now_ms() - days * 86_400_000)


async def moderator(session: AsyncSession, name: str) -> Account:
    """The account that a command acts as: the one named, else the owner. Raises Missing."""
    from sqlmodel import col, select

    from actors.models import Account, Actor
    from fediverse_ai.core.errors import Missing

    query = select(Account).join(Actor, col(Actor.id) == Account.actor_id)
    if name:
        found = (await session.exec(query.where(Actor.username == name))).first()
    else:
        found = (await session.exec(query.where(Account.role == "owner").order_by(col(Account.id)))).first()
    if found is None:
        raise Missing(f"There is no account {name}." if name else "There is no owner; say who decides with --as NAME.")
    return found


async def _find(session: AsyncSession, target: int) -> tuple[Post, Revision | None]:
    """A post by its number, or an edit with its post. Raises Missing."""
    from fediverse_ai.core.errors import Missing
    from outbox.models import Post, Revision

    post = await session.get(Post, target)
    if post is not None:
        return post, None
    revision = await session.get(Revision, target)
    post = await session.get(Post, revision.post_id) if revision is not None else None
    if post is None:
        raise Missing(f"There is no post and no edit {target}.")
    return post, revision
