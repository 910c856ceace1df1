"""Everything that a page of entities needs, in a fixed number of queries however long the page is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from cachetools import TTLCache
from sqlalchemy import TextClause, func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks
from actors import queries as actor_queries
from actors.emoji import Emoji
from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.mastodon import entities, filtering, preferences, status_entities
from fediverse_ai.mastodon.entities import Json, Look, Numbers
from fediverse_ai.mastodon.status_entities import Scene
from fediverse_ai.remote_media import RemoteMedia
from outbox import uploads, votes
from outbox.belongings import Bookmark, ConversationMute, Upload
from outbox.cursors import LARGEST_ID
from outbox.home import Entry
from outbox.models import Attachment, Post, PostState, QuoteState, Reaction, ReactionKind, Visibility
from outbox.visibility import OPEN, seen_by

QUOTE_STATES = {
    QuoteState.PENDING: "pending",
    QuoteState.REJECTED: "rejected",
    QuoteState.REVOKED: "revoked",
    QuoteState.ACCEPTED: "accepted",
}


class KnownNumbers:
    """Counters of accounts, at most a minute old: counting anew for every name in a timeline would cost most of it."""

    def __init__(self, context: Context) -> None:
        self.cache: TTLCache[int, Numbers] = TTLCache(
            limits.COUNTS_ACTORS, limits.COUNTS_SECONDS, timer=context.clock.monotonic
        )


def look_of(context: Context, reader: Actor | None) -> Look:
    """How entities look to this reader: only signed-in people's apps may cause a fetch from elsewhere."""
    now = context.clock.now_ms()
    private = partial(uploads.private_url, context)
    return Look(context.config, context.storage, context.part(RemoteMedia), reader is not None, now, private)


async def numbers(session: AsyncSession, context: Context, actor_ids: Iterable[int], *, fresh: bool = False) -> dict[
    int, Numbers
]:  # fmt: skip
    """Counters of accounts: posts that everybody may see, followers, following."""
    wanted = set(actor_ids)
    cache = context.part(KnownNumbers).cache
    found = {} if fresh else {key: value for key in wanted if (value := cache.get(key)) is not None}
    missing = wanted - found.keys()
    if missing:
        counted = await _counted(session, missing)
        cache.update(counted)
        found |= counted
    return found


@lru_cache(maxsize=128)
def posts_of(authors: int) -> TextClause:
    """(author, number, newest) of the open posts of so many authors, `a0` and so on; of other servers' authors counted
    up to `most`, since what we have of them is no whole number anyway. The index alone answers, as ids hold the time
    of publication. As text: the parts differ in a number only.
    """
    opened = f"state = 'published' AND visibility IN ({', '.join(repr(word.value) for word in OPEN)})"
    parts = (
        f"SELECT id, (SELECT count(*) FROM (SELECT 1 FROM post WHERE author_id = :a{number} AND {opened} "  # noqa: S608
        f"LIMIT (SELECT CASE WHEN local THEN {LARGEST_ID} ELSE :most END FROM actor WHERE id = :a{number})"
        f") AS some{number}), "
        f"(SELECT id FROM post WHERE author_id = :a{number} AND {opened} ORDER BY id DESC LIMIT 1) "
        f"FROM actor WHERE id = :a{number}"
        for number in range(authors)
    )
    return text(" UNION ALL ".join(parts))


async def _counted(session: AsyncSession, ids: set[int]) -> dict[int, Numbers]:
    named = {f"a{number}": key for number, key in enumerate(ids)}
    rows = await session.execute(posts_of(len(ids)), {"most": limits.COUNTED_POSTS, **named})
    written = {author: (count, entities.created_ms(last)) for author, count, last in rows if last is not None}
    accepted = Follow.state == FollowState.ACCEPTED
    ups = select(Follow.followed_id, func.count()).where(col(Follow.followed_id).in_(ids), accepted)
    downs = select(Follow.follower_id, func.count()).where(col(Follow.follower_id).in_(ids), accepted)
    followers: dict[int, int] = dict((await session.exec(ups.group_by(col(Follow.followed_id)))).all())
    following: dict[int, int] = dict((await session.exec(downs.group_by(col(Follow.follower_id)))).all())
    return {
        key: Numbers(
            statuses=written.get(key, (0, None))[0],
            followers=followers.get(key, 0),
            following=following.get(key, 0),
            last_ms=written.get(key, (0, None))[1],
        )
        for key in ids
    }


async def accounts(
    session: AsyncSession, context: Context, look: Look, actors: Sequence[Actor], *, fresh: bool = False
) -> dict[int, Json]:
    """id -> Account; with the account that somebody moved to, where we know it."""
    counted = await numbers(session, context, (actor.id for actor in actors), fresh=fresh)
    moved_to = {actor.moved_to_uri for actor in actors if actor.moved_to_uri}
    targets = await actor_queries.by_uris(session, (uri for uri in moved_to if uri is not None))
    if targets:
        counted |= await numbers(session, context, (actor.id for actor in targets.values()))
    emojis = await _emojis(session, look, [actor.emojis for actor in actors])

    def one(actor: Actor) -> Json:
        new = targets.get(actor.moved_to_uri or "")
        moved = entities.account(look, new, counted[new.id]) if new is not None else None
        return entities.account(look, actor, counted[actor.id], _named(emojis, actor.emojis), moved)

    return {actor.id: one(actor) for actor in actors}


async def barred(session: AsyncSession, reader: Actor | None) -> set[int]:
    """Everybody with a block between them and this reader, whoever made it."""
    return await blocks.barred_with(session, reader.id) if reader is not None else set()


async def _emojis(session: AsyncSession, look: Look, named: Iterable[Mapping[str, int]]) -> dict[int, Json]:
    ids = {emoji_id for names in named for emoji_id in names.values()}
    if not ids:
        return {}
    rows = await session.exec(select(Emoji).where(col(Emoji.id).in_(ids)))
    return {row.id: entities.emoji(look, row) for row in rows}


def _named(found: Mapping[int, Json], names: Mapping[str, int]) -> list[Json]:
    return [found[emoji_id] for emoji_id in names.values() if emoji_id in found]


@dataclass
class _Loaded:
    """The rows around some posts."""

    authors: dict[int, Actor] = field(default_factory=dict)
    accounts: dict[int, Json] = field(default_factory=dict)
    attachments: dict[int, list[Attachment]] = field(default_factory=dict)
    uploads: dict[int, list[Upload]] = field(default_factory=dict)
    reactions: set[tuple[int, str]] = field(default_factory=set)
    bookmarks: set[int] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    votes: dict[int, list[int]] = field(default_factory=dict)
    named: dict[str, Actor] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)
    emojis: dict[int, Json] = field(default_factory=dict)
    quoted: dict[str, Post] = field(default_factory=dict)
    quotes: dict[str, int] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)
    """Authors who do not say which app they posted with."""


async def statuses(
    session: AsyncSession,
    context: Context,
    reader: Actor | None,
    entries: Sequence[Entry],
    *,
    look: Look | None = None,
) -> list[Json]:
    """Status for each entry, in their order. That the reader may see them is the caller's matter; quoted posts are
    shown where they may see those too."""
    look = look or look_of(context, reader)
    posts = {entry.post.id: entry.post for entry in entries}
    quoted = await _quoted(session, reader, posts.values())
    shown = {**posts, **{post.id: post for post in quoted.values()}}
    boosters = {entry.boost.actor_id for entry in entries if entry.boost is not None}
    loaded = await _load(session, context, look, reader, list(shown.values()), boosters)
    loaded.quoted = quoted
    made = {
        post.id: _status(look, reader, post, loaded, with_quote=True)
        for post in posts.values()
        if post.author_id in loaded.authors
    }
    found = []
    for entry in entries:
        inner = made.get(entry.post.id)
        if inner is None:
            continue
        if entry.boost is None:
            found.append(inner)
        elif entry.boost.actor_id in loaded.accounts:
            booster = loaded.accounts[entry.boost.actor_id]
            found.append(status_entities.boost(inner, booster, entry.boost.id, entry.boost.uri, entry.boost.created_ms))
    await filtering.apply(session, context, reader, found)
    return found


async def status(session: AsyncSession, context: Context, reader: Actor | None, post: Post) -> Json:
    """One status."""
    return (await statuses(session, context, reader, [Entry(post)]))[0]


def _status(look: Look, reader: Actor | None, post: Post, loaded: _Loaded, *, with_quote: bool) -> Json:
    mentioned = [loaded.named[one["uri"]] for one in post.mentions if one.get("uri") in loaded.named]
    parent = post.in_reply_to_id if post.in_reply_to_id in loaded.parents else None
    mine = reader is not None and reader.id == post.author_id
    scene = Scene(
        account=loaded.accounts[post.author_id],
        author=loaded.authors[post.author_id],
        attachments=loaded.attachments.get(post.id, ()),
        uploads=loaded.uploads.get(post.id, ()),
        mentions=[entities.mention(actor) for actor in mentioned],
        emojis=_named(loaded.emojis, post.emojis),
        parent_id=parent,
        parent_author_id=loaded.parents[parent] if parent is not None else None,
        favourited=(post.id, ReactionKind.LIKE) in loaded.reactions,
        reblogged=(post.id, ReactionKind.BOOST) in loaded.reactions,
        bookmarked=post.id in loaded.bookmarks,
        muted=(post.context_uri or post.uri) in loaded.muted,
        votes=loaded.votes.get(post.id, ()),
        mine=mine,
        application=post.app if mine or post.author_id not in loaded.silent else None,
        quote=_quote(look, reader, post, loaded, nested=with_quote),
        quotes=loaded.quotes.get(post.uri, 0),
    )
    return status_entities.status(look, post, scene)


def _quote(look: Look, reader: Actor | None, post: Post, loaded: _Loaded, *, nested: bool) -> Json | None:
    """Quote, or ShallowQuote inside of a quoted status; a post that the reader may not see is not named."""
    if post.quote_uri is None:
        return None
    state = QUOTE_STATES.get(QuoteState(post.quote_state or QuoteState.PENDING), "pending")
    quoted = loaded.quoted.get(post.quote_uri)
    if state == "accepted" and (quoted is None or quoted.author_id not in loaded.authors):
        state = "unauthorized"
    shown = quoted if state == "accepted" else None
    if not nested:
        return {"state": state, "quoted_status_id": str(shown.id) if shown is not None else None}
    body = _status(look, reader, shown, loaded, with_quote=False) if shown is not None else None
    return {"state": state, "quoted_status": body}


async def _quoted(session: AsyncSession, reader: Actor | None, posts: Iterable[Post]) -> dict[str, Post]:
    uris = {post.quote_uri for post in posts if post.quote_uri and post.quote_state == QuoteState.ACCEPTED}
    if not uris:
        return {}
    query = select(Post).where(col(Post.uri).in_(uris), seen_by(reader.id if reader else None))
    return {post.uri: post for post in await session.exec(query)}


async def _load(
    session: AsyncSession,
    context: Context,
    look: Look,
    reader: Actor | None,
    posts: Sequence[Post],
    boosters: set[int],
) -> _Loaded:
    ids = [post.id for post in posts]
    found = _Loaded()
    if not ids:
        return found
    found.authors = await actor_queries.by_ids(session, {*boosters, *(post.author_id for post in posts)})
    found.accounts = await accounts(session, context, look, list(found.authors.values()))
    pictures = select(Attachment).where(col(Attachment.post_id).in_(ids)).order_by(col(Attachment.position))
    for row in await session.exec(pictures):
        found.attachments.setdefault(row.post_id, []).append(row)
    uris = {one["uri"] for post in posts for one in post.mentions if "uri" in one}
    found.named = await actor_queries.by_uris(session, uris)
    found.parents = await _parents(session, reader, posts)
    found.emojis = await _emojis(session, look, [post.emojis for post in posts])
    found.quotes = await _quote_counts(session, posts)
    found.silent = await preferences.silent_about_apps(session, {post.author_id for post in posts if post.app})
    if reader is not None:
        await _load_own(session, reader, posts, found)
    return found


async def _load_own(session: AsyncSession, reader: Actor, posts: Sequence[Post], found: _Loaded) -> None:
    """What this reader did with the posts, and what they brought for those of theirs that are not out yet."""
    ids = [post.id for post in posts]
    own = select(Reaction.post_id, Reaction.kind).where(Reaction.actor_id == reader.id, col(Reaction.post_id).in_(ids))
    found.reactions = {(post_id, kind) for post_id, kind in await session.exec(own)}
    kept = select(Bookmark.post_id).where(Bookmark.actor_id == reader.id, col(Bookmark.post_id).in_(ids))
    found.bookmarks = set(await session.exec(kept))
    conversations = {post.context_uri or post.uri for post in posts}
    silent = select(ConversationMute.context_uri).where(
        ConversationMute.actor_id == reader.id, col(ConversationMute.context_uri).in_(conversations)
    )
    found.muted = set(await session.exec(silent))
    found.votes = await votes.of_actor(session, reader.id, [post.id for post in posts if post.poll is not None])
    unfinished = [post.id for post in posts if post.state != PostState.PUBLISHED and post.author_id == reader.id]
    if unfinished:
        brought = select(Upload).where(col(Upload.post_id).in_(unfinished)).order_by(col(Upload.position))
        for row in await session.exec(brought):
            found.uploads.setdefault(row.post_id or 0, []).append(row)


async def _parents(session: AsyncSession, reader: Actor | None, posts: Sequence[Post]) -> dict[int, int]:
    """id -> author of the posts answered, as far as the reader may see them: an id must not tell that there is one."""
    ids = {post.in_reply_to_id for post in posts if post.in_reply_to_id is not None}
    if not ids:
        return {}
    query = select(Post.id, Post.author_id).where(col(Post.id).in_(ids), seen_by(reader.id if reader else None))
    found: dict[int, int] = dict((await session.exec(query)).all())
    missing = ids - found.keys()
    if missing and reader is not None:
        # Lists leave out direct posts; those to the reader are theirs to see.
        direct = select(Post).where(
            col(Post.id).in_(missing), Post.visibility == Visibility.DIRECT, Post.state == PostState.PUBLISHED
        )
        for post in await session.exec(direct):
            if any(one.get("uri") == reader.uri for one in post.mentions):
                found[post.id] = post.author_id
    return found


async def _quote_counts(session: AsyncSession, posts: Sequence[Post]) -> dict[str, int]:
    """uri -> how many published posts quote it with consent, for everybody's eyes."""
    query = (
        select(Post.quote_uri, func.count())
        .where(col(Post.quote_uri).in_([post.uri for post in posts]), Post.quote_state == QuoteState.ACCEPTED)
        .where(Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
        .group_by(col(Post.quote_uri))
    )
    return {uri: count for uri, count in await session.exec(query) if uri is not None}
