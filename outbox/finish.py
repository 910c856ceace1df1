"""finish(session, author, post, wish) -> Post: what an author says of pictures that are made, for the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.texts import _
from outbox import budget, candidates, consent, describe, disclosure, documents, making, pick, rulings
from outbox import draft as drafts
from outbox.belongings import Disclosure, Lineage, RemixPolicy, Upload
from outbox.consent import Training
from outbox.draft import Draft
from outbox.models import Attachment, Judgement, Notification, Post, PostState, Visibility
from outbox.prepare import judge_waiting
from outbox.publish import remove
from outbox.states import move
from outbox.turns import Turn

READY = (PostState.PICK, PostState.SCHEDULED, PostState.REFUSED)
"""Pictures are there and nothing is out: their author may still say everything anew."""
_BELONGINGS = (Attachment, Judgement, Lineage, Notification, Turn, Upload, rulings.Appeal, consent.TrainingConsent)


@dataclass(frozen=True, slots=True)
class Finish:
    """Everything that is said at the last step. `chosen` are positions (0 is the first) among the pictures offered.

    `alts` by position, as their author wrote or confirmed them; an empty one is a picture without a description.
    """

    chosen: tuple[int, ...] = ()
    alts: Mapping[int, str] = field(default_factory=dict)
    text: str = ""
    summary: str = ""
    sensitive: bool = False
    visibility: str = Visibility.QUIET
    language: str | None = "en"
    disclosure: str = Disclosure.FULL
    remix_policy: str = RemixPolicy.NOBODY
    training: str = Training.NO
    not_before_ms: int | None = None


def offered(post: Post, attachments: Sequence[Attachment]) -> list[Attachment]:
    """What its author may choose from: what was made, and afterwards everything that was kept."""
    return candidates.made_here(list(attachments)) if post.state == PostState.PICK else list(attachments)


async def finish(session: AsyncSession, author: Actor, post: Post, wish: Finish) -> Post:
    """Take over what the author said and send everything to the gate; the post, under a new id if its time is another.

    Raises Forbidden for somebody else's post, Conflict for one that is on its way or out, Unprocessable for what
    cannot be posted, TooMany beyond the day's budget of public posts.
    """
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")
    if post.state not in READY:
        raise Conflict("This post is on its way, or out, already.")
    context = context_of(session)
    _check(wish, context.clock.now_ms())
    shown = offered(post, await documents.attachments_of(session, post.id))
    if not wish.chosen or not set(wish.chosen) <= set(range(len(shown))) or len(set(wish.chosen)) < len(wish.chosen):
        raise Unprocessable("Pick one picture or more.")
    reply = post.in_reply_to_uri is not None
    if post.visibility != Visibility.PUBLIC or post.state == PostState.PICK:
        await budget.check(session, author, wish.visibility, pictures=True, reply=reply)
    anew = post.disclosure != wish.disclosure
    moved = await _at_its_time(session, author, post, wish.not_before_ms)
    apply(moved, [(shown[number], wish.alts.get(number)) for number in wish.chosen], wish)
    await consent.choose(session, author, moved, wish.training)
    await _send(session, author, moved, wish)
    if anew or moved is not post:
        # Its files name its address and as much of the recipe as was told when they were made.
        moved.progress = {"fraction": None, "words": "the file is written", "mark": True}
    session.add(moved)
    await session.flush()
    return moved


async def note(session: AsyncSession, author: Actor, post: Post, wish: Finish) -> None:
    """Keep the words that were typed so far, while pictures are still to choose from; nothing goes on its way, and
    nothing is refused: what is too long is cut, what is no choice stays as it was. `alts` by position, empty ones left.

    How much is told, consent and time are settled by `finish` alone. Raises Forbidden for somebody else's post.
    """
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")
    if post.state != PostState.PICK:
        return
    post.text, post.summary = (
        wish.text.strip()[: limits.POST_TEXT_CHARS],
        wish.summary.strip()[: limits.NAME_CHARS] or None,
    )
    post.sensitive, post.language = wish.sensitive, wish.language or post.language
    post.visibility = wish.visibility if wish.visibility in set(Visibility) else post.visibility
    post.remix_policy = wish.remix_policy if wish.remix_policy in set(RemixPolicy) else post.remix_policy
    session.add(post)
    shown = offered(post, await documents.attachments_of(session, post.id))
    for position, words in wish.alts.items():
        if position < len(shown) and words.strip():
            describe.take_over(shown[position], words.strip()[: limits.ALT_TEXT_CHARS])
            session.add(shown[position])
    await session.flush()


def apply(post: Post, pictures: Sequence[tuple[Attachment, str | None]], wish: Finish) -> None:
    """The wish on the rows, or on copies of them for a look ahead; None leaves a description as it is."""
    post.text, post.summary = wish.text.strip(), wish.summary.strip() or None
    post.sensitive, post.visibility, post.language = wish.sensitive, wish.visibility, wish.language
    post.disclosure, post.remix_policy = wish.disclosure, wish.remix_policy
    for attachment, words in pictures:
        if words is None:
            # A prompt that stood in for a description goes where the prompt is not told.
            hidden = not disclosure.shows_prompt(wish.disclosure)
            if hidden and attachment.alt == (attachment.recipe or {}).get("prompt"):
                attachment.alt = making.UNNAMED
        elif words.strip():
            describe.take_over(attachment, words)
        else:
            attachment.alt = attachment.alt_draft = ""


def proposed(post: Post, attachments: Sequence[Attachment], wish: Finish) -> tuple[Post, list[Attachment]]:
    """Copies, of no session, of a post and its chosen pictures as the wish would have them."""
    copy = Post(**post.model_dump())
    shown = [Attachment(**item.model_dump()) for item in offered(post, attachments)]
    kept = [number for number in wish.chosen if number < len(shown)]
    apply(copy, [(shown[number], wish.alts.get(number)) for number in kept], wish)
    return copy, [shown[number] for number in kept]


def _check(wish: Finish, now_ms: int) -> None:
    """By the rules of any draft. Raises Unprocessable."""
    said = Draft(
        text=wish.text, prompt="made", summary=wish.summary, visibility=wish.visibility, disclosure=wish.disclosure,
        remix_policy=wish.remix_policy, not_before_ms=wish.not_before_ms,
    )  # fmt: skip
    drafts.check(said, now_ms)
    if any(len(words) > limits.ALT_TEXT_CHARS for words in wish.alts.values()):
        raise Unprocessable(_("A description may have at most %(most)d characters.") % {"most": limits.ALT_TEXT_CHARS})


async def _send(session: AsyncSession, author: Actor, post: Post, wish: Finish) -> None:
    if post.state == PostState.PICK:
        await pick.pick(session, author, post, wish.chosen)
        return
    shown = await documents.attachments_of(session, post.id)
    await candidates.keep(session, post.id, [shown[number] for number in wish.chosen])
    now = context_of(session).clock.now_ms()
    move(post, PostState.WAITING)
    post.created_ms, post.rule, post.reason = now, None, None
    session.add(post)
    await session.flush()
    await jobs.enqueue(session, judge_waiting, [post.id], once=f"prepare:{post.id}:said:{now}", soon=True)


async def _at_its_time(session: AsyncSession, author: Actor, post: Post, at_ms: int | None) -> Post:
    """The post for another time: ids sort by time of publication, so one that waited, or will, gets another one."""
    context = context_of(session)
    now = context.clock.now_ms()
    ahead = at_ms if at_ms is not None and at_ms > now else None
    if ahead == post.not_before_ms and (ahead is not None or now - post.created_ms < limits.SAME_ID_SECONDS * 1000):
        return post
    if post.state == PostState.REFUSED:
        # What moderators wrote down about it names this id.
        post.not_before_ms = ahead
        return post
    made, base = context.ids.new() if ahead is None else context.ids.ahead(ahead), context.config.public_url
    own_thread = post.context_uri == f"{base}/contexts/{post.id}"
    values = post.model_dump() | {
        "id": made,
        "uri": f"{base}/notes/{made}",
        "url": f"{base}/@{author.username}/{made}",
        "context_uri": f"{base}/contexts/{made}" if own_thread else post.context_uri,
        "not_before_ms": ahead,
    }
    key, post.client_key = post.client_key, None
    session.add(post)
    await session.flush()
    moved = Post(**values | {"client_key": key})
    session.add(moved)
    await session.flush()
    for kind in _BELONGINGS:
        await session.exec(update(kind).where(col(kind.post_id) == post.id).values(post_id=made))
    await session.delete(post)
    await session.flush()
    for attachment in await session.exec(select(Attachment).where(Attachment.post_id == made)):
        await session.refresh(attachment)
    return moved


async def discard(session: AsyncSession, author: Actor, post: Post, position: int) -> bool:
    """Forget one of the candidates; with the last of them the post goes. Is there one left?

    Raises Forbidden, Conflict when there is nothing to choose from, Unprocessable for a position that is not there.
    """
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")
    if post.state != PostState.PICK:
        raise Conflict("There is nothing to pick from.")
    attachments = await documents.attachments_of(session, post.id)
    shown = offered(post, attachments)
    if not 0 <= position < len(shown):
        raise Unprocessable("There is no such picture.")
    gone = shown[position]
    names = [name for name in (gone.file, gone.thumbnail) if name is not None]
    await candidates.keep(session, post.id, [item for item in attachments if item is not gone])
    if len(shown) == 1:
        await remove(session, post)
    await jobs.enqueue(session, pick.forget_files, names, once=f"forget:{gone.id}")
    return len(shown) > 1
