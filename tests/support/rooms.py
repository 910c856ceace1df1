"""What the engine would do, done by hand in a test of a room: handle what was received, deliver what is pending."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlmodel import col, select

from actors.models import Actor
from generation.pipeline import Pipeline
from generation.types import Decision
from inbox.jobs import handle
from inbox.models import Received
from outbox import delivery
from outbox.models import Attachment, Delivery, Judgement, Origin, Post, PostState, Visibility
from outbox.publish import digests_of, publish
from tests.support.house import House
from tests.support.peer import RemoteActor


async def settle(home: House) -> list[Received]:
    """Handle everything that was received and deliver everything that is pending; the received rows."""
    await handle_all(home)
    await deliver_all(home)
    return await home.rows(Received)


async def handle_all(home: House) -> None:
    stored = await home.rows(Received, state="stored")
    await handle.function(home.context, [row.id for row in stored])


async def deliver_all(home: House) -> None:
    pending = await home.rows(Delivery, state="pending")
    for start in range(0, len(pending), 50):
        await delivery.deliver.function(home.context, [row.id for row in pending[start : start + 50]])


async def receive(home: House, sender: RemoteActor, activity: dict[str, Any]) -> Received:
    """Post an activity truly signed to the shared inbox, handle it, and give its row."""
    answer = await sender.deliver(home.inbox, activity)
    assert answer.status_code == 202, answer.text
    await handle_all(home)
    await deliver_all(home)
    [row] = await home.rows(Received, activity_uri=activity["id"])
    return row


async def waiting_post(home: House, author: Actor, text: str = "Good morning", **columns: Any) -> Post:
    """A post of ours before the gate, without a job."""
    context = home.context
    post_id = context.ids.new()
    base = context.config.public_url
    made = Post(
        id=post_id,
        uri=f"{base}/notes/{post_id}",
        url=f"{base}/@{author.username}/{post_id}",
        local=True,
        author_id=author.id,
        state=PostState.WAITING,
        visibility=columns.pop("visibility", Visibility.QUIET),
        text=text,
        language="en",
        created_ms=context.clock.now_ms(),
        **columns,
    )
    async with context.database.write() as session:
        session.add(made)
    return made


async def picture_of(home: House, post: Post, data: bytes = b"picture", **columns: Any) -> Attachment:
    """An attachment row with a stored file; the bytes are not a real picture."""
    context = home.context
    name = await context.storage.put(data, ".jpg")
    values: dict[str, Any] = {
        "alt": "A lighthouse at dawn",
        "origin": Origin.MADE_HERE,
        "width": 4,
        "height": 3,
        "blurhash": "LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
        "recipe": {"title": "Scene", "generator": "scene", "version": "1", "prompt": "a lighthouse"},
    }
    made = Attachment(
        id=context.ids.new(),
        post_id=post.id,
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        **(values | columns),
    )
    async with context.database.write() as session:
        session.add(made)
    return made


async def verdict(home: House, post: Post, **columns: Any) -> Judgement:
    """An allow verdict over exactly this post as it is, of the running policy; `columns` make it another."""
    context = home.context
    async with context.database.read() as session:
        query = select(Attachment).where(Attachment.post_id == post.id).order_by(col(Attachment.position))
        attachments = list(await session.exec(query))
    values: dict[str, Any] = {
        "post_id": post.id,
        "decision": Decision.ALLOW,
        "policy_version": context.part(Pipeline).policy_version,
        "digests": sorted(digests_of(post, attachments)),
    }
    made = Judgement(id=context.ids.new(), created_ms=context.clock.now_ms(), **(values | columns))
    async with context.database.write() as session:
        session.add(made)
    return made


async def published(
    home: House, author: Actor, text: str = "Good morning", *, picture: bool = False, **columns: Any
) -> Post:
    """A post of ours that went through the gate and out; its deliveries are queued, not sent."""
    post = await waiting_post(home, author, text, **columns)
    if picture:
        await picture_of(home, post)
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        session.add(post)
        await publish(session, post, judgement)
    return post
