"""The composer's part of the route table."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web import progress_events
from fediverse_ai.web.composer import appeal, bring, drafts, make, making, results, training

ROUTES: list[Route] = [
    Door("/make", make.make, needs="session", methods=["GET"]),
    Door("/make", make.send, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}", results.show, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/preview", making.preview, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/stop", making.stop, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/progress", making.progress, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/events", progress_events.stream, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/appeal", appeal.send, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/describe", appeal.confirm, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/post", results.post, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/again", results.once_more, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/discard", results.discard, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/send", make.send_draft, needs="session", methods=["POST"]),
    Door("/drafts", drafts.show, needs="session", methods=["GET"]),
    Door("/drafts/{post_id:int}/time", drafts.move, needs="session", methods=["POST"]),
    Door("/drafts/{post_id:int}/delete", drafts.delete, needs="session", methods=["POST"]),
    Door("/@{name}/{post_id:int}/training", training.change, needs="session", methods=["POST"]),
    Door("/bring", bring.show, needs="session", methods=["GET"]),
    Door("/bring", bring.send, needs="session", methods=["POST"]),
    Door("/bring/share", bring.share, needs="session", methods=["POST"]),
    Door("/bring/post", bring.post, needs="session", methods=["POST"]),
]
