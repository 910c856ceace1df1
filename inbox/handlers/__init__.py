"""THE TABLE: (activity, object) -> function."""

from __future__ import annotations

from inbox.handlers import actor, block, delete, follow, move, pin, post, quote, reaction, report
from inbox.incoming import Handler

HANDLERS: dict[tuple[str, str | None], Handler] = {
    ("Follow", None): follow.asked,
    ("Accept", "Follow"): follow.accepted,
    ("Reject", "Follow"): follow.rejected,
    ("Undo", "Follow"): follow.withdrawn,
    ("Undo", "Accept"): follow.unaccepted,
    ("Create", "Note"): post.created,
    ("Update", "Note"): post.changed,
    ("Create", "Question"): post.created,
    ("Update", "Question"): post.changed,
    ("Create", "Article"): post.created,
    ("Update", "Article"): post.changed,
    ("Update", "Actor"): actor.changed,
    ("Delete", None): delete.deleted,
    ("Like", None): reaction.liked,
    ("Undo", "Like"): reaction.like_undone,
    ("Announce", None): reaction.announced,
    ("Undo", "Announce"): reaction.announce_undone,
    ("Block", None): block.blocked,
    ("Undo", "Block"): block.unblocked,
    ("Flag", None): report.flagged,
    ("Move", None): move.moved,
    ("EmojiReact", None): reaction.liked,
    ("Undo", "EmojiReact"): reaction.like_undone,
    ("Undo", None): reaction.undone,
    ("QuoteRequest", None): quote.requested,
    ("Accept", "QuoteRequest"): quote.accepted,
    ("Reject", "QuoteRequest"): quote.rejected,
    ("Add", None): pin.pinned,
    ("Remove", None): pin.unpinned,
}


def find(activity_type: str, object_type: str | None) -> Handler | None:
    """The exact pair, then the activity alone, else None: unsupported."""
    return HANDLERS.get((activity_type, object_type)) or HANDLERS.get((activity_type, None))


def supports(activity_type: str) -> bool:
    """Is there any entry for this activity? If not, its object need not be looked for."""
    return any(kind == activity_type for kind, _ in HANDLERS)
