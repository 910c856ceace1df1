"""`post`: make a picture from a prompt and publish it, beside a running server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.cli.watch import Sight
    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context
    from outbox.compose import Draft

WAIT_SECONDS = 60.0


def post(
    prompt: Annotated[str | None, typer.Argument(help="What the picture shows; left out for text alone.")] = None,
    who: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Whose post; else the owner's.")] = None,
    text: Annotated[str, typer.Option(help="Words to go with it.")] = "",
    alt: Annotated[str, typer.Option(help="Description of the picture; else your prompt stands in for one.")] = "",
    accept_alt_draft: Annotated[
        bool, typer.Option("--accept-alt-draft", help="Use the description that is drafted, as it is.")
    ] = False,
    style: Annotated[str | None, typer.Option(help="A style that the generator knows.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same picture.")] = None,
    generator: Annotated[str | None, typer.Option(help="A configured generator; else generation.default.")] = None,
    visibility: Annotated[str | None, typer.Option(help="public, quiet (the default), followers or direct.")] = None,
    without: Annotated[str, typer.Option(help="What to leave out of the picture.")] = "",
    disclosure: Annotated[str | None, typer.Option(help="full, prompt, model or label; else as your account.")] = None,
    remix: Annotated[str | None, typer.Option(help="Who may build on it: anyone, followers, nobody.")] = None,
    at: Annotated[datetime | None, typer.Option(help="Post it then (UTC), such as 2027-01-31T18:00:00.")] = None,
    warning: Annotated[str | None, typer.Option(help="A content warning.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for the picture.")] = False,
) -> None:
    """Make a picture, have it judged, publish it. Prints id, address and state.

    Exit codes: 0 published, scheduled (or handed over, with --no-wait), 1 failed, 3 held for a moderator, 4 refused,
    5 still queued.
    """
    from fediverse_ai.cli.watch import EXIT_CODES
    from outbox.compose import Draft

    draft = Draft(
        text=text,
        prompt=prompt,
        generator=generator,
        seed=seed,
        style=style,
        alt_text=alt,
        accept_alt_draft=accept_alt_draft,
        summary=warning,
        visibility=visibility,
        negative_prompt=without,
        disclosure=disclosure,
        remix_policy=remix,
        not_before_ms=int(at.replace(tzinfo=UTC).timestamp() * 1000) if at is not None else None,
    )
    sight = console.wait_for(_post(console.existing_config(), who, draft, wait=not no_wait))
    console.tell(f"{sight.id}\n{sight.url}\n{sight.sentence()}", **sight.facts())
    raise typer.Exit(0 if no_wait else EXIT_CODES.get(sight.state, 1))


async def _post(config: Config, who: str | None, draft: Draft, *, wait: bool) -> Sight:
    from fediverse_ai.cli import watch
    from fediverse_ai.cli.user import author
    from outbox.compose import compose

    async with console.beside(config) as context:
        async with context.database.write() as session:
            actor = await author(session, who)
            made = await compose(session, actor, draft, bounded=False)
        return await watched(context, made.id, WAIT_SECONDS) if wait else await watch.look(context, made.id)


async def watched(context: Context, post_id: int, seconds: float) -> Sight:
    """Wait for a post's end with its progress shown; not where no server runs that would make it."""
    from fediverse_ai.cli import watch
    from fediverse_ai.cli.folder import holder

    if context.database.dialect == "sqlite" and holder(context.config.data_dir) is None:
        console.complain("no server runs in this folder; the post is stored and will be made when one starts.")
        return await watch.look(context, post_id)
    with watch.Bar(silent=console.chosen.get().json) as bar:
        sight = await watch.until_settled(context, post_id, seconds, bar.show)
    if sight.state == "published" and any(picture["alt_draft"] for picture in sight.pictures):
        console.complain(
            f"a description was drafted and waits for your word: {context.config.public_url}/make/{post_id}"
        )
    return sight
