"""`upscale`: a picture that was posted here, made again, larger, as a post of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.cli.watch import Sight
    from fediverse_ai.core.config import Config

WAIT_SECONDS = 120.0


def upscale(
    post: Annotated[str, typer.Argument(metavar="POST", help="The post's address or number.")],
    who: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Whose new post; else the owner's.")] = None,
    picture: Annotated[int, typer.Option(min=1, help="Which of its pictures.")] = 1,
    factor: Annotated[float, typer.Option(help="How many times as wide and high.")] = 2.0,
    generator: Annotated[str | None, typer.Option(help="By which generator; else by the one that made it.")] = None,
    visibility: Annotated[str | None, typer.Option(help="public, quiet (the default), followers or direct.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for the picture.")] = False,
) -> None:
    """Make a picture again, larger, judge and publish it. What that means says the generator's card (/models).

    Exit codes are those of `post`.
    """
    from fediverse_ai.cli.watch import EXIT_CODES

    sight = console.wait_for(
        _upscale(console.existing_config(), who, post, picture - 1, factor, generator, visibility, wait=not no_wait)
    )
    console.tell(f"{sight.id}\n{sight.url}\n{sight.sentence()}", **sight.facts())
    raise typer.Exit(0 if no_wait else EXIT_CODES.get(sight.state, 1))


async def _upscale(
    config: Config,
    who: str | None,
    post: str,
    position: int,
    factor: float,
    generator: str | None,
    visibility: str | None,
    *,
    wait: bool,
) -> Sight:
    from dataclasses import replace

    from fediverse_ai.cli import watch
    from fediverse_ai.cli.post import watched
    from fediverse_ai.cli.user import author
    from outbox.compose import compose
    from outbox.upscale import upscale as planned

    async with console.beside(config) as context:
        async with context.database.read() as session:
            actor = await author(session, who)
        draft = await planned(context, actor, _number(post), position=position, factor=factor, generator=generator)
        async with context.database.write() as session:
            made = await compose(session, actor, replace(draft, visibility=visibility), bounded=False)
        return await watched(context, made.id, WAIT_SECONDS) if wait else await watch.look(context, made.id)


def _number(post: str) -> int:
    """A post's number, as it is or at the end of its address. Raises Missing."""
    from fediverse_ai.core.errors import Missing

    word = post.rstrip("/").rpartition("/")[2]
    if not (word.isascii() and word.isdigit() and len(word) < 20 and int(word) < 2**63):
        raise Missing(f"{post} is no post of this server.")
    return int(word)
