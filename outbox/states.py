"""The states of a post and the moves allowed between them."""

from __future__ import annotations

from outbox.models import Post, PostState

_GONE = PostState.DELETED
MOVES: dict[str, frozenset[str]] = {
    PostState.DRAFT: frozenset({PostState.WAITING, _GONE}),
    PostState.WAITING: frozenset(
        {PostState.PUBLISHED, PostState.SCHEDULED, PostState.PICK, PostState.HELD}
        | {PostState.REFUSED, PostState.FAILED, _GONE}
    ),
    PostState.PICK: frozenset({PostState.WAITING, _GONE}),
    # Back to the gate when the policy changed before its time came.
    # Back to a moderator when one takes back what one decided.
    PostState.SCHEDULED: frozenset({PostState.PUBLISHED, PostState.WAITING, PostState.REFUSED, PostState.HELD, _GONE}),
    # A moderator lets it out; or lets its prompt pass, and the picture is made then.
    PostState.HELD: frozenset({PostState.PUBLISHED, PostState.SCHEDULED, PostState.REFUSED, PostState.WAITING, _GONE}),
    PostState.REFUSED: frozenset({PostState.PUBLISHED, PostState.SCHEDULED, PostState.WAITING, PostState.HELD, _GONE}),
    PostState.FAILED: frozenset({_GONE}),
    PostState.PUBLISHED: frozenset({_GONE}),
    PostState.DELETED: frozenset(),
}


class WrongState(RuntimeError):
    """A move that the table does not allow: a defect of ours, not a mistake of somebody else."""


def move(post: Post, to: PostState) -> None:
    """Change the state, or raise WrongState."""
    if to not in MOVES[PostState(post.state)]:
        raise WrongState(f"post {post.id}: {post.state} -> {to}")
    post.state = to
