"""What this server says of itself: limits that are true, rules, languages, peers; and the emoji it does not have."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Account, Actor
from actors.routes import account_count
from actors.signups import Mode, SignUpDoor, SignUps
from fediverse_ai import __version__
from fediverse_ai.core import html, limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.mastodon import answers, batches
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.status_entities import NO_BLURHASH
from outbox import queries as posts
from outbox.cursors import LARGEST_ID
from outbox.models import Post

# The release of Mastodon whose API this is, as apps read it: the first three characters as a number, three parts.
COMPATIBLE = "4.5.0"
API_VERSION = 7
PICTURE_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"]
LANGUAGES = ["en"]
ACTIVE_MS = 28 * 86_400_000


def version() -> str:
    return f"{COMPATIBLE} (compatible; fediverse-ai {__version__})"


def streaming_url(config: Config) -> str:
    """Where streams begin; apps add the path."""
    return config.public_url.replace("http", "ws", 1)


def configuration(config: Config) -> Json:
    """Limits as they are. There are no polls and no films here: their numbers are there because apps insist on them."""
    return {
        "urls": {
            "streaming": streaming_url(config),
            "status": None,
            "about": f"{config.public_url}/about",
            "privacy_policy": None,
            "terms_of_service": None,
        },
        "accounts": {
            "max_featured_tags": limits.FEATURED_TAGS,
            "max_pinned_statuses": limits.PINS,
            "max_display_name_length": limits.NAME_CHARS,
            "max_note_length": limits.BIO_CHARS,
            "max_avatar_description_length": 0,
            "max_header_description_length": 0,
            "max_profile_fields": limits.PROFILE_FIELDS,
            "profile_field_name_limit": limits.NAME_CHARS,
            "profile_field_value_limit": limits.NAME_CHARS,
        },
        "statuses": {
            "max_characters": limits.POST_TEXT_CHARS,
            "max_media_attachments": limits.POST_ATTACHMENTS,
            # What they are: addresses count as they are written.
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "description_limit": limits.ALT_TEXT_CHARS,
            "supported_mime_types": PICTURE_TYPES,
            "image_size_limit": config.media.max_upload_bytes,
            "image_matrix_limit": limits.IMAGE_PIXELS,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": 0,
            "max_characters_per_option": 0,
            "min_expiration": 0,
            "max_expiration": 0,
        },
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": {"local": "public", "remote": "public"},
            "hashtag_feeds": {"local": "public", "remote": "public"},
            "trending_link_feeds": {"local": "disabled", "remote": "disabled"},
        },
        "limited_federation": bool(config.federation.allow_list),
    }


def rules() -> list[Json]:
    """The rules of every such server, whatever else its people agree on."""
    written = (
        (
            _("Pictures made with AI are labelled as such."),
            _("Made here, that is done for you; say it of what you bring."),
        ),
        (
            _("Every post passes this server's gate before it is shown."),
            _("It may be held for a moderator, or refused."),
        ),
    )
    return [{"id": str(number), "text": text, "hint": hint} for number, (text, hint) in enumerate(written, start=1)]


async def _contact(session: AsyncSession, context: Context) -> tuple[Actor | None, Json | None]:
    """The person in charge, as an account."""
    query = (
        select(Actor)
        .join(Account, col(Account.actor_id) == col(Actor.id))
        .where(col(Account.role).in_(("owner", "admin")), col(Account.disabled_ms).is_(None))
        .where(col(Actor.deleted_ms).is_(None), col(Actor.suspended_ms).is_(None))
        .order_by(col(Account.id))
        .limit(1)
    )
    actor = (await session.exec(query)).first()
    if actor is None:
        return None, None
    made = await batches.accounts(session, context, batches.look_of(context, None), [actor])
    return actor, made[actor.id]


def _email(config: Config) -> str:
    return config.server.contact if "@" in config.server.contact else ""


def _thumbnail(context: Context) -> str:
    return batches.look_of(context, None).static("header.png")


async def v2(request: Request) -> Response:
    """GET /api/v2/instance"""
    context = context_of(request)
    config = context.config
    async with context.database.read() as session:
        _actor, contact = await _contact(session, context)
        active = await _active(session, context)
    return answers.answer({
        "domain": config.account_host,
        "title": config.server.name,
        "version": version(),
        "source_url": config.server.source_url or f"{config.public_url}/about",
        "description": config.server.description,
        "usage": {"users": {"active_month": active}},
        "thumbnail": {"url": _thumbnail(context), "blurhash": NO_BLURHASH, "versions": {}, "description": ""},
        "icon": [],
        "languages": LANGUAGES,
        "configuration": configuration(config),
        "registrations": _registrations(config, await context.part(SignUpDoor).now()),
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": _email(config), "account": contact},
        "rules": rules(),
        "fediverse_ai": {"imagine": True, "statuses_extra_fields": ["prompt", "ai_generated"]},
    })  # fmt: skip


async def v1(request: Request) -> Response:
    """GET /api/v1/instance, which older apps ask for first"""
    context = context_of(request)
    config = context.config
    async with context.database.read() as session:
        _actor, contact = await _contact(session, context)
        people = await account_count(session)
        written = await posts.post_count(session)
        hosts = await _hosts(session)
    limits_, door = configuration(config), await context.part(SignUpDoor).now()
    return answers.answer({
        "uri": config.account_host,
        "title": config.server.name,
        "short_description": config.server.description,
        "description": config.server.description,
        "email": _email(config),
        "version": version(),
        "urls": {"streaming_api": streaming_url(config)},
        "stats": {"user_count": people, "status_count": written, "domain_count": len(hosts)},
        "thumbnail": _thumbnail(context),
        "languages": LANGUAGES,
        "registrations": door.by_request,
        "approval_required": door.by_request,
        "invites_enabled": door.by_invite and door.members_invite,
        "max_toot_chars": limits.POST_TEXT_CHARS,
        "configuration": {name: limits_[name] for name in ("accounts", "statuses", "media_attachments", "polls")},
        "contact_account": contact,
        "rules": rules(),
    })  # fmt: skip


def _registrations(config: Config, door: SignUps) -> Json:
    """How people come in: open to an app where anybody may ask, always with an answer by people in charge."""
    words = {
        Mode.CLOSED: _("Sign-ups are closed on this server."),
        Mode.INVITE: _("This server lets in people who were invited."),
    }
    return {
        "enabled": door.by_request,
        "approval_required": door.by_request,
        "reason_required": door.by_request,
        "message": words.get(door.mode),
        "min_age": None,
        "url": f"{config.public_url}/sign-up" if door.by_invite else None,
    }


async def _active(session: AsyncSession, context: Context) -> int:
    """People who posted within four weeks: counted, and nothing else is recorded about them."""
    since = context.clock.now_ms() - ACTIVE_MS
    query = select(func.count(func.distinct(Post.author_id))).where(
        col(Post.local).is_(True), Post.state == "published", col(Post.published_ms) > since
    )
    return int((await session.exec(query)).one())


async def _hosts(session: AsyncSession) -> list[str]:
    """Servers of whom we know somebody who is not suspended."""
    query = (
        select(Actor.host)
        .distinct()
        .where(col(Actor.local).is_(False), col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None))
        .where(col(Actor.severity).is_(None))
        .order_by(col(Actor.host))
        .limit(limits.API_PEERS)
    )
    return list(await session.exec(query))


async def peers(request: Request) -> Response:
    """GET /api/v1/instance/peers"""
    async with context_of(request).database.read() as session:
        return answers.answer(await _hosts(session))


async def own_rules(request: Request) -> Response:
    """GET /api/v1/instance/rules"""
    return answers.answer(rules())


async def extended_description(request: Request) -> Response:
    """GET /api/v1/instance/extended_description"""
    config = context_of(request).config
    text = html.paragraphs(config.server.description)
    return answers.answer({"updated_at": None, "content": text})


async def translation_languages(request: Request) -> Response:
    """GET /api/v1/instance/translation_languages: nothing is translated here."""
    return answers.answer({})


async def emojis(request: Request) -> Response:
    """GET /api/v1/custom_emojis: this server has none of its own; those of others are in what they are part of."""
    return answers.answer([])


async def oembed(request: Request) -> Response:
    """GET /api/oembed?url=…: a public post of ours as a card for other sites, a picture where it has one."""
    context = context_of(request)
    wanted = urlsplit(request.query_params.get("url", ""))
    name, _, digits = wanted.path.removeprefix("/@").partition("/")
    post_id = answers.id_of(digits)
    if f"{wanted.scheme}://{wanted.netloc}" != context.config.public_url or post_id is None:
        raise Missing(answers.NOT_FOUND)
    async with context.database.read() as session:
        view = await posts.view(session, None, min(post_id, LARGEST_ID))
        owner = await queries.local_by_name(session, name)
    if view is None or owner is None or view.author.id != owner.id:
        raise Missing(answers.NOT_FOUND)
    return answers.answer(_embedded(context, view))


def _embedded(context: Context, view: posts.PostView) -> Json:
    """An oEmbed answer: `photo` with the picture, or a `link`; what lies under a warning is not shown."""
    config, post, author = context.config, view.post, view.author
    body: dict[str, Any] = {
        "version": "1.0",
        "type": "link",
        "title": f"Post by {author.name or author.username}",
        "author_name": author.name or author.username,
        "author_url": author.page_url,
        "provider_name": config.server.name,
        "provider_url": f"{config.public_url}/",
        "cache_age": 3600,
    }
    picture = next((row for row in view.attachments if row.file), None)
    covered = post.sensitive or bool(post.summary)
    if picture is None or covered or picture.file is None:
        return body
    small = picture.thumbnail or picture.file
    size = {"width": picture.width or 1, "height": picture.height or 1}
    return body | {"type": "photo", "url": context.storage.url(picture.file), **size,
                   "title": picture.alt or body["title"], "thumbnail_url": context.storage.url(small),
                   "thumbnail_width": size["width"], "thumbnail_height": size["height"]}  # fmt: skip


ROUTES = [
    ApiDoor("/api/v1/instance", v1, needs="anyone"),
    ApiDoor("/api/v2/instance", v2, needs="anyone"),
    ApiDoor("/api/v1/instance/peers", peers, needs="anyone"),
    ApiDoor("/api/v1/instance/rules", own_rules, needs="anyone"),
    ApiDoor("/api/v1/instance/extended_description", extended_description, needs="anyone"),
    ApiDoor("/api/v1/instance/translation_languages", translation_languages, needs="anyone"),
    ApiDoor("/api/v1/custom_emojis", emojis, needs="anyone"),
    ApiDoor("/api/oembed", oembed, needs="anyone"),
]
