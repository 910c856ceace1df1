"""The states of a post and the moves allowed between them."""

from __future__ import annotations

from outbox.models import Post, PostState

MOVES: dict[str, frozenset[str]] = {
    PostState.WAITING: frozenset(
        {PostState.PUBLISHED, PostState.HELD, PostState.REFUSED, PostState.FAILED, PostState.DELETED}
    ),
    PostState.HELD: frozenset({PostState.PUBLISHED, PostState.REFUSED, PostState.DELETED}),
    PostState.REFUSED: frozenset({PostState.DELETED}),
    PostState.FAILED: frozenset({PostState.DELETED}),
    PostState.PUBLISHED: frozenset({PostState.DELETED}),
    PostState.DELETED: frozenset(),
}


class WrongState(RuntimeError):
    """A move that the table does not allow: a defect of ours, not a mistake of somebody else."""


def move(post: Post, to: PostState) -> None:
    """Change the state, or raise WrongState."""
    if to not in MOVES[PostState(post.state)]:
        raise WrongState(f"post {post.id}: {post.state} -> {to}")
    post.state = to
