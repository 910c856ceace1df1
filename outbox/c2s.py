"""THE OTHER TABLE: what a client may post to its outbox -> function; each calls the verb that every door calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor, Block, Follow
from fediverse_ai.core.errors import Malformed, Missing
from outbox import deeds, gathered, named, ties
from outbox.models import Reaction, ReactionKind
from outbox.named import Done
from outbox.queries import by_uri
from outbox.visibility import may_see
from outbox.wish import PROBLEMS, Wish

Verb = Callable[[AsyncSession, Actor, Wish], Awaitable[Done]]
# Activities whose object must be here already: what is not known, or not to be known, is not there.
_FOUND = {
    "Undo": named.NOTHING,
    "Accept": named.NOTHING,
    "Reject": named.NOTHING,
    "Update": named.NO_POST,
}

# (activity, object) -> verb. What is not here is refused with words.
TABLE: dict[tuple[str, str | None], Verb] = {
    ("Create", "Note"): deeds.created,
    ("Create", "Image"): deeds.created,
    ("Create", "Collection"): gathered.created,
    ("Create", "OrderedCollection"): gathered.created,
    ("Update", "Note"): deeds.changed,
    ("Update", "OrderedCollection"): gathered.renamed,
    ("Update", "Actor"): deeds.profile_changed,
    ("Delete", None): deeds.deleted,
    ("Follow", None): ties.followed,
    ("Undo", "Follow"): ties.unfollowed,
    ("Accept", "Follow"): ties.accepted,
    ("Reject", "Follow"): ties.rejected,
    ("Like", None): deeds.liked,
    ("EmojiReact", None): deeds.liked,
    ("Undo", "Like"): deeds.like_undone,
    ("Undo", "EmojiReact"): deeds.like_undone,
    ("Announce", None): deeds.announced,
    ("Undo", "Announce"): deeds.announce_undone,
    ("Add", None): deeds.pinned,
    ("Remove", None): deeds.unpinned,
    ("Block", None): ties.blocked,
    ("Undo", "Block"): ties.unblocked,
    ("Flag", None): deeds.flagged,
    ("Move", None): deeds.moved,
}


async def perform(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """Do what a client asks for. Raises what the verbs raise, and Malformed for what is not in the table."""
    kind = wish.object_type
    if wish.type != "Create" and wish.object_uri is not None:
        kind = await _known_type(session, actor, wish.object_uri) or kind
    if kind is None and wish.type in _FOUND:
        raise Missing(_FOUND[wish.type])
    verb = TABLE.get((wish.type, kind)) or TABLE.get((wish.type, None))
    if verb is None:
        about = f" of {kind}" if kind and any(name == wish.type for name, _ in TABLE) else ""
        taken = ", ".join(sorted({name for name, _ in TABLE}))
        error = Malformed(
            f"{wish.type}{about} is not taken here: nothing would be done, and nothing leaves this server that was not "
            f"judged. What is taken: {taken}.",
            f"unsupported {wish.type} {kind}",
        )
        error.problem_type = f"{PROBLEMS}unsupported-type"
        raise error
    return await verb(session, actor, wish)


async def _known_type(session: AsyncSession, actor: Actor, uri: str) -> str | None:
    """The type of what we have by this id, as far as this person may know of it."""
    post = await by_uri(session, uri)
    if post is not None and (post.author_id == actor.id or await may_see(session, actor, post)):
        return "Note"
    if await queries.by_uri(session, uri) is not None:
        return "Actor"
    if await named.by_id(session, Follow, uri) is not None:
        return "Follow"
    if await named.by_id(session, Block, uri) is not None:
        return "Block"
    if await gathered.of(session, actor, uri) is not None:
        return "OrderedCollection"
    found = await named.by_id(session, Reaction, uri)
    return None if found is None else "Like" if found.kind == ReactionKind.LIKE else "Announce"
