"""`quickstart`: from nothing to a served picture in one command; what `make run` calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

DEFAULT_NAME = "ann"
DEFAULT_PROMPT = "a lighthouse at dawn, two sailboats on a calm sea"


def quickstart(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on; 8000 at the first start.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="What the picture shows; else a lighthouse, once.")] = None,
    name: Annotated[
        str | None, typer.Option(help=f"Whose picture; the first start makes this account ({DEFAULT_NAME}).")
    ] = None,
) -> None:
    """Make a server in --data if there is none, make a picture, serve until Ctrl-C. Asks nothing, downloads nothing."""
    from fediverse_ai.cli import listener, serve
    from fediverse_ai.core import log

    listener.end_quietly()
    folder.check_packages()
    folder.check_writable(console.chosen.get().data)
    _check_words(prompt, name)
    config = _planned(port)
    serve.check_port(config)
    with listener.bind(config) as on:
        first = not folder.furnished(config)
        log.configure(console.quiet(config).log)
        story = Story(config, prompt, name, first=first)
        if first:
            folder.furnish(config)
            wrote = f"Wrote {config.data_dir}/: configuration, secret, database"
            story.step(wrote, "folder", folder=str(config.data_dir))
        serve.run(config, on, story.tell)


def _check_words(prompt: str | None, name: str | None) -> None:
    """Refuse before anything is written. Raises Unprocessable."""
    from actors.local import check_username
    from generation.pipeline import check_request
    from generation.types import ImageRequest

    if prompt is not None:
        check_request(ImageRequest(prompt=prompt))
    if name is not None:
        check_username(name)


def _planned(port: int | None) -> Config:
    """Development mode is chosen here when nobody chose, and only for a loopback address. Raises Misconfigured."""
    from fediverse_ai.core.config import is_loopback

    config = folder.planned(port=port)
    server = config.server
    if server.development or server.public_url.startswith("https://") or not is_loopback(server.host):
        return config
    return folder.planned(port=port, development=True)


class Story:
    """What a person sees while the server comes up, step by step; with --json one line of facts for each step."""

    def __init__(self, config: Config, prompt: str | None, name: str | None, *, first: bool) -> None:
        self.config = config
        self.prompt = prompt
        self.name = name
        self.first = first
        self._steps = 0

    def step(self, words: str, event: str, **facts: object) -> None:
        """Print one numbered step."""
        self._steps += 1
        console.tell(f"{self._steps}. {words}", event=event, **facts)

    async def tell(self, context: Context) -> None:
        """Account, picture, link: while the server answers already."""
        config = self.config
        self.step(f"Serving {config.public_url}", "serving", url=config.public_url)
        handle, link, post_id = await self._prepare(context)
        if post_id is not None:
            await self._picture(context, post_id)
        self._farewell(handle, link)

    async def _prepare(self, context: Context) -> tuple[str, str, int | None]:
        """The account (made when the server has none), a sign-in link, and the post to watch, if one is to be made."""
        from sqlmodel import select

        from actors import accounts
        from actors.models import Account
        from fediverse_ai.cli import user
        from fediverse_ai.core.errors import Missing
        from outbox.compose import Draft, compose
        from outbox.models import Post

        async with context.database.read() as session:
            anybody = (await session.exec(select(Account.id).limit(1))).first()
        if anybody is None:
            made, _ = await user.make(context, self.name or DEFAULT_NAME, "owner")
            self.step(f"Made the account {made.handle}, the owner", "account", handle=made.handle, url=made.page_url)
        async with context.database.write() as session:
            actor = await user.author(session, self.name)
            account = await accounts.account_of(session, actor.username)
            if account is None:
                raise Missing(f"{actor.username} has no account here.")
            link = await user.link(session, account)
            known = (await session.exec(select(Post.id).where(Post.author_id == actor.id).limit(1))).first()
            prompt = self.prompt or (DEFAULT_PROMPT if known is None else None)
            # Nobody is here to look at the draft: whoever starts this asks for a first post, its description included.
            draft = Draft(prompt=prompt, accept_alt_draft=True)
            post = await compose(session, actor, draft, bounded=False) if prompt is not None else None
        if post is not None:
            self.step(f"Making a picture: “{prompt}”", "composed", id=str(post.id), prompt=prompt)
        return actor.handle, link, post.id if post is not None else None

    async def _picture(self, context: Context, post_id: int) -> None:
        from fediverse_ai.cli import watch

        with watch.Bar(silent=console.chosen.get().json) as bar:
            sight = await watch.until_settled(context, post_id, None, bar.show)
        seen = "".join(f"\n   {picture['alt']}" for picture in sight.pictures if sight.state == "published")
        notes = "".join(f"\n   {note}" for picture in sight.pictures for note in picture["notes"])
        self.step(f"{sight.sentence()}{seen}{notes}", "settled", **sight.facts())

    def _farewell(self, handle: str, link: str) -> None:
        lines = [
            f"{self._steps + 1}. Ready. You are @{handle}",
            f"   The gallery      {self.config.public_url}/",
            f"   Sign in (once)   {link}",
        ]
        if self.first:
            lines += ["", f"   For a real image model, two lines in {self.config.data_dir}/config.toml:"]
            lines += [f"       {line}" for line in folder.MODEL_LINES]
        lines += ["", "   Ctrl-C ends the server; the same command starts it again."]
        console.tell("\n".join(lines), event="ready", handle=handle, url=self.config.public_url, link=link)
