"""The pages' part of the route table."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web import (
    about,
    arriving,
    collections,
    edit_appeal,
    explore,
    federation,
    gallery,
    intents,
    lineage,
    manifest,
    models,
    post,
    profile,
    proxy,
    redirects,
    sign_in,
    sitemap,
    static_files,
    syndication,
    verify,
)
from fediverse_ai.web.composer import routes as composer
from fediverse_ai.web.feeds import routes as feeds
from fediverse_ai.web.handbook import pages as handbook
from fediverse_ai.web.joining import routes as joining
from fediverse_ai.web.legal import routes as legal
from fediverse_ai.web.moderation import routes as moderation
from fediverse_ai.web.owner import announcements
from fediverse_ai.web.owner import routes as owner
from fediverse_ai.web.settings import routes as settings

ROUTES: list[Route] = [
    Door("/", gallery.gallery, needs="anyone", methods=["GET"]),
    Door("/explore", explore.show, needs="anyone", methods=["GET"]),
    Door("/about", about.about, needs="anyone", methods=["GET"]),
    Door("/models", models.models, needs="anyone", methods=["GET"]),
    Door("/models/{name}", models.model, needs="anyone", methods=["GET"]),
    Door("/verify", verify.show, needs="anyone", methods=["GET"]),
    Door("/verify", verify.look, needs="anyone", methods=["POST"]),
    Door("/provenance/root.pem", verify.root, needs="anyone", methods=["GET"]),
    Door("/ns", about.namespace, needs="anyone", methods=["GET"]),
    *handbook.ROUTES,
    Door("/federation", federation.federation, needs="anyone", methods=["GET"]),
    Door("/feed.atom", syndication.of_gallery, needs="anyone", methods=["GET"]),
    Door("/feed.rss", syndication.of_gallery, needs="anyone", methods=["GET"]),
    Door("/tags/{name}/feed.atom", syndication.of_tag, needs="anyone", methods=["GET"]),
    Door("/tags/{name}/feed.rss", syndication.of_tag, needs="anyone", methods=["GET"]),
    Door("/sitemap.xml", sitemap.index, needs="anyone", methods=["GET"]),
    Door("/sitemap/{name}.xml", sitemap.part, needs="anyone", methods=["GET"]),
    Door("/tags/{name}", gallery.tag, needs="anyone", methods=["GET"]),
    Door("/sign-in", sign_in.show, needs="anyone", methods=["GET"]),
    Door("/sign-in", sign_in.check, needs="anyone", methods=["POST"]),
    Door("/sign-in/passkey", sign_in.check_passkey, needs="anyone", methods=["POST"]),
    Door("/sign-in/code", sign_in.check_code, needs="anyone", methods=["POST"]),
    Door("/sign-in/link/{secret}", sign_in.show_link, needs="anyone", methods=["GET"]),
    Door("/sign-in/link/{secret}", sign_in.use_link, needs="anyone", methods=["POST"]),
    *joining.ROUTES,
    Door("/announcements/{id:int}/dismiss", announcements.dismiss, needs="session", methods=["POST"]),
    Door("/sign-out", sign_in.leave, needs="session", methods=["POST"]),
    *settings.ROUTES,
    *moderation.ROUTES,
    *owner.ROUTES,
    *legal.ROUTES,
    *composer.ROUTES,
    Door("/users/{name}", redirects.actor, needs="anyone", methods=["GET"]),
    Door("/notes/{post_id:int}", redirects.note, needs="anyone", methods=["GET"]),
    Door("/posts/{post_id:int}/edit/appeal", edit_appeal.show, needs="session", methods=["GET"]),
    Door("/posts/{post_id:int}/edit/appeal", edit_appeal.send, needs="session", methods=["POST"]),
    *feeds.ROUTES,
    Door("/@{name}", profile.profile, needs="anyone", methods=["GET"]),
    Door("/@{name}/feed.atom", syndication.of_maker, needs="anyone", methods=["GET"]),
    Door("/@{name}/feed.rss", syndication.of_maker, needs="anyone", methods=["GET"]),
    Door("/@{name}/remixes", profile.remixes, needs="anyone", methods=["GET"]),
    Door("/@{name}/collections", profile.collections, needs="anyone", methods=["GET"]),
    Door("/@{name}/collections", collections.make, needs="session", methods=["POST"]),
    Door("/@{name}/collections/{id:int}", collections.show, needs="anyone", methods=["GET"]),
    Door("/@{name}/collections/{id:int}", collections.change, needs="session", methods=["POST"]),
    Door("/@{name}/collections/{id:int}/close", collections.close, needs="moderator", methods=["POST"]),
    Door("/@{name}/collections/{id:int}/feed.atom", syndication.of_collection, needs="anyone", methods=["GET"]),
    Door("/@{name}/collections/{id:int}/feed.rss", syndication.of_collection, needs="anyone", methods=["GET"]),
    Door("/@{name}/about", profile.about, needs="anyone", methods=["GET"]),
    Door("/@{name}/{post_id:int}", post.post, needs="anyone", methods=["GET"]),
    Door("/@{name}/{post_id:int}/delete", post.delete, needs="session", methods=["POST"]),
    Door("/@{name}/{post_id:int}/collect", collections.collect, needs="session", methods=["POST"]),
    Door("/@{name}/{post_id:int}/making", lineage.change, needs="session", methods=["POST"]),
    Door("/static/{digest}/{name}", static_files.serve, needs="anyone", methods=["GET"]),
    Door("/proxy/{kind}/{owner_id:int}", proxy.proxy, needs="anyone", methods=["GET"]),
    Door("/robots.txt", about.robots, needs="anyone", methods=["GET"]),
    Door("/manifest.webmanifest", manifest.manifest, needs="anyone", methods=["GET"]),
    Door("/authorize_interaction", arriving.act, needs="session", methods=["GET"]),
    Door("/share", arriving.share, needs="session", methods=["GET"]),
    Door("/intent", intents.show, needs="anyone", methods=["GET"]),
    Door("/intent", intents.send, needs="anyone", methods=["POST"]),
    Door("/favicon.ico", about.favicon, needs="anyone", methods=["GET"]),
]
