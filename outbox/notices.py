"""Legal notices: taken without an account, counted down, decided with reasons; identical copies go along."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, queries
from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Missing, Unprocessable
from generation.moderators.known import NEAR_BITS
from outbox import known, measures, notify, publish
from outbox.models import Activity, Attachment, Delivery, Post, PostState
from outbox.records import LegalNotice, Measure

INTIMATE, COPYRIGHT, ILLEGAL = "intimate-image", "copyright", "illegal-content"
KINDS = (INTIMATE, COPYRIGHT, ILLEGAL)
# What each kind has to declare, as its law asks: TAKE IT DOWN Act (S. 146, sec. 3), 17 U.S.C. 512 (c)(3), DSA Art. 16.
CLAIMS: dict[str, tuple[str, ...]] = {
    INTIMATE: ("depicted", "no-consent", "good-faith"),
    COPYRIGHT: ("owner", "good-faith", "accurate"),
    ILLEGAL: ("good-faith",),
}
_NUMBER = re.compile(r"/(\d{15,19})(?:/|$)")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody wrote into a form, as text."""

    kind: str
    urls: str
    words: str
    name: str = ""
    email: str = ""
    claims: frozenset[str] = field(default_factory=frozenset)
    unnamed: bool = False
    """Of child abuse, the law asks for no name (DSA Art. 16 (2) c)."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """How far the Deletes of one notice got: deliveries by state, and those that are not through."""

    delivered: int = 0
    waiting: int = 0
    given_up: int = 0
    hosts: tuple[tuple[str, str, int], ...] = ()
    """(host, state, attempts), the unfinished first."""


def mistakes(filing: Filing) -> dict[str, str]:
    """Field -> what is wrong with it; empty for a notice that can be taken."""
    found = {}
    urls = addresses(filing.urls)
    if not urls or len(urls) > limits.NOTICE_URLS:
        found["urls"] = "urls"
    if not filing.words.strip() or len(filing.words) > limits.NOTICE_CHARS:
        found["words"] = "words"
    if not filing.unnamed:
        if not filing.name.strip() or len(filing.name) > limits.NAME_CHARS:
            found["name"] = "name"
        if not _EMAIL.fullmatch(filing.email.strip()):
            found["email"] = "email"
    missing = [claim for claim in CLAIMS[filing.kind] if claim not in filing.claims]
    return found | {f"claim-{claim}": "claim" for claim in missing}


def addresses(text: str) -> list[str]:
    """The web addresses in a field, one a line."""
    lines = [line.strip() for line in text.split()]
    return list(
        dict.fromkeys(
            line for line in lines if urlsplit(line).scheme in ("http", "https") and len(line) <= limits.URL_LENGTH
        )
    )


async def take(session: AsyncSession, filing: Filing) -> tuple[LegalNotice, str]:
    """Keep a notice, start its clock, tell the moderators; the notice and the secret of its receipt.

    Raises Unprocessable for one with mistakes.
    """
    if mistakes(filing):
        raise Unprocessable("This notice is not complete.")
    context = context_of(session)
    now = context.clock.now_ms()
    secret = base64.urlsafe_b64encode(context.clock.token(24)).decode("ascii")
    seconds = limits.INTIMATE_NOTICE_SECONDS if filing.kind == INTIMATE else limits.NOTICE_SECONDS
    urls = addresses(filing.urls)
    made = LegalNotice(
        id=context.ids.new(),
        secret_hash=_digest(secret),
        kind=filing.kind,
        name="" if filing.unnamed else filing.name.strip(),
        email="" if filing.unnamed else filing.email.strip(),
        urls=urls,
        post_ids=[post.id for post in await named(session, urls)],
        words=filing.words.strip(),
        claims=sorted(filing.claims & set(CLAIMS[filing.kind])),
        created_ms=now,
        due_ms=now + seconds * 1000,
    )
    session.add(made)
    await session.flush()
    for moderator in await queries.staff(session):
        await notify.tell(session, moderator, "notice", f"notice:{made.id}")
    return made, secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def named(session: AsyncSession, urls: list[str]) -> list[Post]:
    """The posts that we have among these addresses: pages, ids, and addresses of pictures."""
    found: dict[int, Post] = {}
    for url in urls:
        plain = url.partition("#")[0].partition("?")[0]
        query = select(Post).where(or_(Post.uri == plain, Post.url == plain))
        posts = list(await session.exec(query))
        name = plain.partition("/media/")[2]
        if name:
            of_file = or_(Attachment.file == name, Attachment.thumbnail == name)
            owners = select(Post).join(Attachment, col(Attachment.post_id) == col(Post.id)).where(of_file)
            posts += list(await session.exec(owners))
        number = _NUMBER.search(plain)
        if number is not None and plain.startswith(context_of(session).config.public_url):
            post = await session.get(Post, int(number[1]))
            posts += [post] if post is not None else []
        found |= {post.id: post for post in posts}
    return list(found.values())


async def copies(session: AsyncSession, posts: list[Post]) -> list[Post]:
    """Further posts of ours with the same picture: the same file, or one that PDQ calls a match."""
    ids = [post.id for post in posts]
    mine = list(await session.exec(select(Attachment).where(col(Attachment.post_id).in_(ids))))
    hashes = [int(item.pdq, 16) for item in mine if item.pdq]
    digests = {item.sha256 for item in mine if item.sha256}
    query = (
        select(Attachment.post_id, Attachment.pdq, Attachment.sha256)
        .where(col(Attachment.file).is_not(None))
        .order_by(col(Attachment.id).desc())
        .limit(limits.COPIES_COMPARED)
    )
    same = {
        post_id
        for post_id, pdq, sha256 in await session.exec(query)
        if sha256 in digests or (pdq and any((int(pdq, 16) ^ one).bit_count() <= NEAR_BITS for one in hashes))
    }
    wanted = sorted(same - set(ids))
    alive = select(Post).where(col(Post.id).in_(wanted), Post.state != PostState.DELETED)
    return list(await session.exec(alive)) if wanted else []


async def fingerprints(context: Context, notice: LegalNotice) -> list[tuple[str, str]]:
    """The hashes of the pictures of a notice's posts, for the list of known ones; never in a transaction."""
    async with context.database.read() as session:
        posts = [post for post_id in notice.post_ids if (post := await session.get(Post, post_id)) is not None]
    alive = [post for post in posts if post.local and post.state != PostState.DELETED]
    return [entry for post in alive for entry in await known.of_post(context, post.id)]


async def decide(
    session: AsyncSession,
    notice: LegalNotice,
    by: Account,
    reasons: measures.Reasons,
    *,
    uphold: bool,
    hashes: list[tuple[str, str]] | None = None,
) -> None:
    """A moderator's decision with its statement of reasons. Upheld, the posts and identical copies are taken down.

    With `hashes` their pictures are known from now on. Raises Conflict for a notice that was decided.
    """
    if notice.state != "open":
        raise Conflict("This notice was decided already.")
    told = measures.Reasons(reasons.ground, reasons.words, notice_id=notice.id)
    gone: list[str] = []
    if uphold:
        posts = [post for post_id in notice.post_ids if (post := await session.get(Post, post_id)) is not None]
        for post in [*posts, *await copies(session, posts)]:
            gone += await _remove(session, by, post, told)
        notice.hashes = await known.add(session, hashes or [], source=f"notice {notice.id}", account=by)
    notice.state = "upheld" if uphold else "rejected"
    notice.ground, notice.statement = reasons.ground[: limits.NAME_CHARS], reasons.words[: limits.REASON_CHARS]
    notice.taken_down, notice.decided_by_id = gone, by.id
    notice.decided_ms = context_of(session).clock.now_ms()
    session.add(notice)
    await session.flush()
    subject = audit.Subject("notice", notice.id, notice.kind)
    after = {"state": notice.state, "taken down": gone, "hashes": notice.hashes}
    action = f"notice.{'uphold' if uphold else 'reject'}"
    await audit.note(session, by, action, subject, reasons.words, before={"state": "open"}, after=after)


async def _remove(session: AsyncSession, by: Account, post: Post, reasons: measures.Reasons) -> list[str]:
    """One post goes: ours everywhere, another server's from here; its author here reads why."""
    if post.state == PostState.DELETED:
        return []
    author = await queries.by_id(session, post.author_id)
    if not post.local:
        await publish.bury(session, post)
        return [post.uri]
    await measures.take_down(session, post, reasons.words)
    if author is not None:
        await measures.state(session, by, author, "take-down", reasons, post=post)
    return [post.uri]


async def waiting(session: AsyncSession) -> list[LegalNotice]:
    """Notices without a decision, by their clocks."""
    query = select(LegalNotice).where(LegalNotice.state == "open").order_by(col(LegalNotice.due_ms))
    return list(await session.exec(query))


async def decided(session: AsyncSession, limit: int) -> list[LegalNotice]:
    """Notices with a decision, newest first."""
    query = select(LegalNotice).where(LegalNotice.state != "open").order_by(col(LegalNotice.decided_ms).desc())
    return list(await session.exec(query.limit(limit)))


async def by_secret(session: AsyncSession, secret: str) -> LegalNotice:
    """The notice of a receipt. Raises Missing."""
    found = (await session.exec(select(LegalNotice).where(LegalNotice.secret_hash == _digest(secret)))).first()
    if found is None:
        raise Missing("There is no such receipt.")
    return found


async def by_id(session: AsyncSession, notice_id: int, *, lock: bool = False) -> LegalNotice:
    """A notice by its number. Raises Missing."""
    found = await session.get(LegalNotice, notice_id, with_for_update=lock or None)
    if found is None:
        raise Missing("There is no such notice.")
    return found


async def receipts(session: AsyncSession, notice: LegalNotice) -> Receipts:
    """How far the Deletes of a notice's posts got."""
    query = (
        select(Delivery.host, Delivery.state, Delivery.attempts)
        .join(Activity, col(Activity.id) == col(Delivery.activity_id))
        .where(Activity.type == "Delete", col(Activity.object_uri).in_(notice.taken_down))
        .order_by(col(Delivery.state).desc(), col(Delivery.host))
    )
    rows = [(host, state, attempts) for host, state, attempts in await session.exec(query)]
    count = {name: sum(state == name for _, state, _ in rows) for name in ("delivered", "given_up")}
    waits = sum(state in ("pending", "lane") for _, state, _ in rows)
    return Receipts(count["delivered"], waits, count["given_up"], tuple(rows))


async def of_person(session: AsyncSession, actor_id: int) -> int:
    """How many notices took down posts of this person: who infringes again and again is seen (17 U.S.C. 512 i)."""
    query = select(Measure.notice_id).where(Measure.actor_id == actor_id, col(Measure.notice_id).is_not(None))
    return len(set(await session.exec(query)))
