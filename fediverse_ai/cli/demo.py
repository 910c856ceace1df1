"""`demo`: two servers of our own on this machine, one follows the other, a picture travels; then both end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

T = TypeVar("T")

PROMPT = "a red fox under a full moon, snow"
START_SECONDS = 30.0
PICTURE_SECONDS = 120.0
STEP_SECONDS = 30.0
STOP_SECONDS = 8.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Side:
    """One of the two servers: its folder, and the name of the one person on it."""

    config: Config
    person: str

    @property
    def handle(self) -> str:
        return f"@{self.person}@{self.config.host}"

    @property
    def log_file(self) -> Path:
        return self.config.data_dir.with_suffix(".log")


def demo(
    prompt: Annotated[str, typer.Option(help="What the picture shows.")] = PROMPT,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep both folders here, to look around.")] = None,
) -> None:
    """Start two servers on loopback, let one follow the other, post, and print what was exchanged."""
    from generation.pipeline import check_request
    from generation.types import ImageRequest

    folder.check_packages()
    check_request(ImageRequest(prompt=prompt))
    # The two have addresses and databases of their own; only how pictures are made comes from outside.
    for name in [
        name for name in os.environ if name.startswith(("FEDIVERSE_AI__SERVER__", "FEDIVERSE_AI__DATABASE__"))
    ]:
        del os.environ[name]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if keep is not None:
        folder.check_writable(keep)
        console.wait_for(_demo(keep, prompt))
        return
    with tempfile.TemporaryDirectory(prefix="fediverse-ai-demo-") as temporary:
        console.wait_for(_demo(Path(temporary), prompt))


async def _demo(home: Path, prompt: str) -> None:
    ann, bob = await _side(home / "ann", "ann"), await _side(home / "bob", "bob")
    async with _running(ann), _running(bob):
        console.tell(
            f"Two servers: {ann.config.public_url} (ann) and {bob.config.public_url} (bob)",
            event="servers",
            urls=[ann.config.public_url, bob.config.public_url],
        )
        await _follow(bob, ann)
        await _post(ann, bob, prompt)
    console.tell("Both servers ended.", event="ended")


async def _side(home: Path, person: str) -> Side:
    """A furnished folder with one person in it."""
    from fediverse_ai.cli import user

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    console.chosen.set(console.Options(home, None, console.chosen.get().json))
    config = folder.planned(host="127.0.0.1", port=port, public_url=f"http://127.0.0.1:{port}", development=True)
    if folder.furnished(config):
        config = console.load_config()
    else:
        folder.furnish(config)
        async with console.beside(config) as context:
            await user.make(context, person, "owner")
    return Side(config, person)


@asynccontextmanager
async def _running(side: Side) -> AsyncIterator[None]:
    """The server of one side in its own process, until the block ends."""
    with side.log_file.open("ab") as log:
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - a millisecond, and words of ours
            [sys.executable, "-m", "fediverse_ai.cli", "--data", str(side.config.data_dir), "serve"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        await _until(lambda: _answers(side, process), f"the server of {side.person} to start", START_SECONDS)
        yield
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


async def _answers(side: Side, process: subprocess.Popen[bytes]) -> bool | None:
    from fediverse_ai.core.errors import Unreachable

    if process.poll() is not None:
        last = side.log_file.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise Unreachable(f"The server of {side.person} ended at once: {''.join(last)}")
    try:
        _reader, writer = await asyncio.open_connection(side.config.server.host, side.config.server.port)
    except OSError:
        return None
    head = f"GET /.well-known/nodeinfo HTTP/1.1\r\nhost: {side.config.host}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode())
    status = await _reader.readline()
    writer.close()
    return b" 200 " in status or None


async def _follow(follower: Side, followed: Side) -> None:
    from actors import queries, remote
    from fediverse_ai.cli import user
    from outbox.follow import ask

    async with console.beside(follower.config) as context:
        target_id = await remote.resolve(context, followed.handle)
        async with context.database.write() as session:
            actor = await user.author(session, follower.person)
            target = await queries.by_id(session, target_id)
            assert target is not None, "resolve stored it"
            follow = await ask(session, actor, target)

        async def accepted() -> bool | None:
            async with context.database.read() as session:
                now = await queries.follow_of(session, actor.id, target.id)
            return (now is not None and now.state == "accepted") or None

        await _until(accepted, "the follow to be accepted", STEP_SECONDS)
        await _trace(context, follow.uri, follower, followed)
    console.tell(f"{follower.handle} follows {followed.handle}.", event="followed")


async def _post(author: Side, reader: Side, prompt: str) -> None:
    from fediverse_ai.cli import user, watch
    from outbox import queries
    from outbox.compose import Draft, compose
    from outbox.models import Post

    async with console.beside(author.config) as context:
        async with context.database.write() as session:
            actor = await user.author(session, author.person)
            made = await compose(session, actor, Draft(prompt=prompt, accept_alt_draft=True), bounded=False)
        console.tell(f"{author.handle} asks for “{prompt}”", event="composed", prompt=prompt)
        with watch.Bar(silent=console.chosen.get().json) as bar:
            sight = await watch.until_settled(context, made.id, PICTURE_SECONDS, bar.show)
        console.tell(sight.sentence(), event="settled", **sight.facts())
        if sight.state != "published":
            raise typer.Exit(watch.EXIT_CODES.get(sight.state, 1))
        async with context.database.read() as session:
            post = await session.get(Post, made.id)
        assert post is not None
        assert post.activity_uri is not None, "a published post has its Create"
        create = post.activity_uri
    async with console.beside(reader.config) as context:

        async def seen() -> Post | None:
            async with context.database.read() as session:
                return await queries.by_uri(session, sight.uri)

        copy = await _until(seen, f"the picture to arrive at {reader.person}", STEP_SECONDS)
    async with console.beside(author.config) as context:
        await _trace(context, create, author, reader)
    alt = "".join(f"\n   {picture['alt']}" for picture in sight.pictures)
    console.tell(f"Seen by {reader.handle}: {copy.uri}{alt}", event="seen", uri=copy.uri, author_id=str(copy.author_id))


async def _trace(context: Context, activity_uri: str, sender: Side, receiver: Side) -> None:
    """What both databases say about one activity: sent and delivered there, verified and handled here."""
    from sqlmodel import select

    from actors import queries
    from inbox.models import Received
    from outbox.models import Activity, Delivery

    async def delivered() -> tuple[Activity, Delivery, str] | None:
        async with context.database.read() as session:
            query = select(Activity, Delivery).join(Delivery).where(Activity.uri == activity_uri)
            row = (await session.exec(query)).first()
            if row is None or row[1].state != "delivered":
                return None
            key = await queries.key_of(session, row[0].actor_id)
            return row[0], row[1], key.uri if key is not None else ""

    async def handled() -> Received | None:
        async with other.database.read() as session:
            row = (await session.exec(select(Received).where(Received.activity_uri == activity_uri))).first()
        return row if row is not None and row.state != "stored" else None

    activity, delivery, key_uri = await _until(delivered, f"{activity_uri} to be delivered", STEP_SECONDS)
    async with console.beside(receiver.config) as other:
        received = await _until(handled, f"{activity_uri} to be handled", STEP_SECONDS)
    console.tell(
        f"   {activity.type} {activity_uri}\n"
        f"      signed   {key_uri}\n"
        f"      202      {delivery.inbox_url}\n"
        f"      {received.state:<8} verified as {received.sender_uri}",
        event="activity",
        type=activity.type,
        uri=activity_uri,
        key=key_uri,
        inbox=delivery.inbox_url,
        delivery=delivery.state,
        sender=received.sender_uri,
        outcome=received.state,
        **{"from": sender.handle, "to": receiver.handle},
    )


async def _until(look: Callable[[], Awaitable[T | None]], what: str, seconds: float) -> T:
    """The first answer of `look` that is not None. Raises Unreachable after so many seconds."""
    from fediverse_ai.core.errors import Unreachable

    for _ in range(int(seconds / POLL_SECONDS)):
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(POLL_SECONDS)
    raise Unreachable(f"Waited {seconds:.0f} seconds for {what}.")
