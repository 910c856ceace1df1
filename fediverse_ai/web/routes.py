"""The pages' part of the route table."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web import (
    about,
    appeal,
    bring,
    federation,
    gallery,
    lineage,
    make,
    making,
    models,
    post,
    profile,
    proxy,
    redirects,
    sign_in,
    static_files,
)

ROUTES: list[Route] = [
    Door("/", gallery.gallery, needs="anyone", methods=["GET"]),
    Door("/about", about.about, needs="anyone", methods=["GET"]),
    Door("/models", models.models, needs="anyone", methods=["GET"]),
    Door("/models/{name}", models.model, needs="anyone", methods=["GET"]),
    Door("/ns", about.namespace, needs="anyone", methods=["GET"]),
    Door("/federation", federation.federation, needs="anyone", methods=["GET"]),
    Door("/tags/{name}", gallery.tag, needs="anyone", methods=["GET"]),
    Door("/sign-in", sign_in.show, needs="anyone", methods=["GET"]),
    Door("/sign-in", sign_in.check, needs="anyone", methods=["POST"]),
    Door("/sign-in/link/{secret}", sign_in.show_link, needs="anyone", methods=["GET"]),
    Door("/sign-in/link/{secret}", sign_in.use_link, needs="anyone", methods=["POST"]),
    Door("/sign-out", sign_in.leave, needs="session", methods=["POST"]),
    Door("/make", make.make, needs="session", methods=["GET"]),
    Door("/make", make.send, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}", make.job, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/preview", making.preview, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/stop", making.stop, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/progress", making.progress, needs="session", methods=["GET"]),
    Door("/make/{post_id:int}/appeal", appeal.send, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/describe", appeal.confirm, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/pick", make.choose, needs="session", methods=["POST"]),
    Door("/make/{post_id:int}/send", make.send_draft, needs="session", methods=["POST"]),
    Door("/bring", bring.show, needs="session", methods=["GET"]),
    Door("/bring", bring.send, needs="session", methods=["POST"]),
    Door("/bring/post", bring.post, needs="session", methods=["POST"]),
    Door("/users/{name}", redirects.actor, needs="anyone", methods=["GET"]),
    Door("/notes/{post_id:int}", redirects.note, needs="anyone", methods=["GET"]),
    Door("/@{name}", profile.profile, needs="anyone", methods=["GET"]),
    Door("/@{name}/{post_id:int}", post.post, needs="anyone", methods=["GET"]),
    Door("/@{name}/{post_id:int}/delete", post.delete, needs="session", methods=["POST"]),
    Door("/@{name}/{post_id:int}/making", lineage.change, needs="session", methods=["POST"]),
    Door("/static/{digest}/{name}", static_files.serve, needs="anyone", methods=["GET"]),
    Door("/proxy/{kind}/{owner_id:int}", proxy.proxy, needs="anyone", methods=["GET"]),
    Door("/robots.txt", about.robots, needs="anyone", methods=["GET"]),
    Door("/favicon.ico", about.favicon, needs="anyone", methods=["GET"]),
]
