"""Posts and their pictures to the API's Status and MediaAttachment, the AI label and the gate's word included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from actors.models import Actor
from fediverse_ai.core.config import Config
from fediverse_ai.mastodon.answers import moment
from fediverse_ai.mastodon.entities import Json, Look, tag
from outbox import labels, votes
from outbox import text as outbox_text
from outbox.belongings import Disclosure, Upload, UploadState
from outbox.disclosure import disclosed
from outbox.models import Attachment, Origin, Post, PostState, Revision, Visibility

VISIBILITIES = {
    Visibility.PUBLIC: "public",
    Visibility.QUIET: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
}
FROM_API = {theirs: ours.value for ours, theirs in VISIBILITIES.items()}
"""The API's words for our visibilities. There are no others: apps know no fifth."""

EXTRA = "fediverse_ai"
"""The one field of ours that statuses and attachments carry beside what is documented (docs/reference/clients.md)."""

UNFINISHED_WORDS = {
    PostState.DRAFT: "This is a draft.",
    PostState.WAITING: "This is being made and checked.",
    PostState.PICK: "The pictures are there; choose one on the website.",
    PostState.HELD: "A moderator will look at this first.",
    PostState.REFUSED: "This was not posted.",
    PostState.FAILED: "This could not be made.",
    PostState.SCHEDULED: "This waits for its time.",
}


def attachment(look: Look, author: Actor, row: Attachment, level: str, *, out: bool = True) -> Json:
    """MediaAttachment of a post's picture; another server's by our own copy. `level` of the recipe is told."""
    if row.file is not None:
        url, preview = look.file(row.file, out=out), look.file(row.thumbnail or row.file, out=out)
    elif author.reject_media:
        url = preview = row.url or ""
    else:
        url, preview = look.remote("picture", row.id), look.remote("picture", row.id, small=True)
    ai = is_ai(row)
    return {
        "id": str(row.id),
        "type": "image",
        "url": url,
        "preview_url": preview,
        "remote_url": row.url if row.file is None else None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": meta(row.width, row.height, row.focus_x, row.focus_y),
        "description": row.alt or None,
        "blurhash": row.blurhash or NO_BLURHASH,
        EXTRA: {
            "ai_generated": ai,
            "origin": row.origin,
            "digital_source_type": row.digital_source_type,
            "recipe": disclosed(row.recipe, level) or None,
        },
    }


# Grey. A few apps read no attachment without a valid blurhash.
NO_BLURHASH = "L1Q0R.of00of00of00of~qfQIUfQ"
_UNKNOWN_SIDE = 1024


def is_ai(row: Attachment) -> bool:
    """Made by AI, by its recorded origin, or by what its sender says of it (IPTC digital source type)."""
    return row.origin in labels.AI_ORIGINS or (
        row.origin == Origin.REMOTE and "lgorithmicMedia" in (row.digital_source_type or "")
    )


def meta(width: int | None, height: int | None, x: float, y: float) -> Json:
    """Sizes of the picture and its preview, and the focal point; apps lay out with them before anything is loaded."""
    wide, high = width or _UNKNOWN_SIDE, height or _UNKNOWN_SIDE
    scale = min(1.0, 640 / max(wide, high))
    return {
        "original": _size(wide, high),
        "small": _size(max(1, round(wide * scale)), max(1, round(high * scale))),
        "focus": {"x": x, "y": y},
    }


def _size(width: int, height: int) -> Json:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}


def upload(look: Look, row: Upload) -> Json:
    """MediaAttachment of what was brought and is in no post yet; `url` is null while it is not ready."""
    ready = row.state == UploadState.READY and row.file_name is not None
    url = look.file(row.file_name, out=False) if ready and row.file_name else None
    preview = look.file(row.small_name, out=False) if ready and row.small_name else url
    return {
        "id": str(row.id),
        "type": "image",
        "url": url,
        "preview_url": preview,
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": meta(row.width, row.height, row.focus_x, row.focus_y),
        "description": row.description or None,
        "blurhash": row.blurhash or NO_BLURHASH,
    }


@dataclass(frozen=True, slots=True)
class Scene:
    """What belongs to one status, loaded in batches (fediverse_ai/mastodon/batches.py)."""

    account: Json
    author: Actor
    attachments: Sequence[Attachment] = ()
    mentions: Sequence[Json] = ()
    emojis: Sequence[Json] = ()
    parent_id: int | None = None
    parent_author_id: int | None = None
    favourited: bool = False
    reblogged: bool = False
    bookmarked: bool = False
    muted: bool = False
    mine: bool = False
    filtered: Sequence[Json] = ()
    quote: Json | None = None
    quotes: int = 0
    application: Json | None = None
    votes: Sequence[int] = ()
    uploads: Sequence[Upload] = field(default=())


def status(look: Look, post: Post, scene: Scene) -> Json:
    """Status. One that waits at the gate begins with a line that says so, and is only ever shown to its author."""
    state = PostState(post.state)
    body: Json = {
        "id": str(post.id),
        "created_at": moment(post.published_ms or post.created_ms),
        "edited_at": moment(post.updated_ms) if post.updated_ms is not None else None,
        "in_reply_to_id": str(scene.parent_id) if scene.parent_id is not None else None,
        "in_reply_to_account_id": str(scene.parent_author_id) if scene.parent_author_id is not None else None,
        "sensitive": post.sensitive or bool(post.summary),
        "spoiler_text": post.summary or "",
        "visibility": VISIBILITIES[Visibility(post.visibility)],
        "language": post.language,
        "uri": post.uri,
        "url": post.url or post.uri,
        "content": content(look, post),
        "replies_count": post.replies,
        "reblogs_count": post.boosts,
        "favourites_count": post.likes,
        "quotes_count": scene.quotes,
        "favourited": scene.favourited,
        "reblogged": scene.reblogged,
        "muted": scene.muted,
        "bookmarked": scene.bookmarked,
        "filtered": list(scene.filtered),
        "reblog": None,
        "account": scene.account,
        "media_attachments": _attachments(look, post, scene),
        "mentions": list(scene.mentions),
        "tags": [tag(look.config, name) for name in tags_of(look.config, post, scene.attachments)],
        "emojis": list(scene.emojis),
        "card": None,
        "poll": poll(post, look.now_ms, scene.votes, mine=scene.mine),
        "application": scene.application,
        "quote": scene.quote,
        "quote_approval": _approval(post, scene),
        EXTRA: {"ai_generated": any(is_ai(row) for row in scene.attachments), "state": state.value},
    }
    if scene.mine:
        body["pinned"] = post.pinned_ms is not None
        body[EXTRA] |= {"reason": post.reason, "rule": post.rule, "progress": post.progress}
    return body


def poll(post: Post, now_ms: int, own: Sequence[int] = (), *, mine: bool = False) -> Json | None:
    """Poll of a post, whose id is the status's; `own` are the reader's choices. Who asked counts as one who voted."""
    known = post.poll
    if known is None:
        return None
    ends = known["closed_ms"] or known["ends_ms"]
    options = [{"title": one["title"], "votes_count": one["votes"]} for one in known["options"]]
    return {
        "id": str(post.id),
        "expires_at": moment(ends) if ends is not None else None,
        "expired": votes.is_over(known, now_ms),
        "multiple": known["multiple"],
        "votes_count": sum(one["votes_count"] for one in options),
        "voters_count": known["voters"],
        "options": options,
        "emojis": [],
        "voted": bool(own) or mine,
        "own_votes": list(own),
    }


def _attachments(look: Look, post: Post, scene: Scene) -> list[Json]:
    """The pictures; of a post that is not out yet, what its author brought for it."""
    level = Disclosure.FULL if scene.mine else post.disclosure
    out = post.state == PostState.PUBLISHED
    made = [attachment(look, scene.author, row, level, out=out) for row in scene.attachments]
    return made or [upload(look, row) for row in scene.uploads if not out]


def content(look: Look, post: Post) -> str:
    """The HTML of a post. The label of AI pictures is a line of it, so that apps show it that know nothing of ours."""
    state = PostState(post.state)
    if state == PostState.PUBLISHED:
        return post.content
    mentioned = {
        mention["as_written"]: outbox_text.Mentioned(mention["uri"], mention["handle"], mention["url"])
        for mention in post.mentions
        if "as_written" in mention
    }
    said = UNFINISHED_WORDS.get(state, "")
    progress = (post.progress or {}).get("words")
    reason = post.reason or (f"{progress}." if isinstance(progress, str) else "")
    words = " ".join(part for part in ("⏳ Only you can see this.", said, reason) if part)
    written = outbox_text.to_html(post.text, look.config.public_url, mentioned) if post.text else ""
    return outbox_text.to_html(words, look.config.public_url, {}) + written


def tags_of(config: Config, post: Post, attachments: Sequence[Attachment]) -> list[str]:
    """A post's hashtags as written, those of the AI label at the end."""
    labelled = labels.tag_names(config, attachments) if post.local else []
    found = {name.lower(): name for name in reversed([*post.hashtags, *labelled])}
    return list(reversed(found.values()))


def _approval(post: Post, scene: Scene) -> Json:
    """Who may quote (FEP-044f): everybody what is open, followers what is theirs, else the author alone; and never
    more than the author's own policy allows."""
    automatic = {Visibility.PUBLIC: ["public"], Visibility.QUIET: ["public"], Visibility.FOLLOWERS: ["followers"]}
    allowed = automatic.get(Visibility(post.visibility), [])
    if allowed and scene.author.quote_policy != "anyone":
        allowed = ["followers"] if scene.author.quote_policy == "followers" else []
    own = "automatic" if "public" in allowed or scene.mine else "unknown" if allowed else "denied"
    return {"automatic": allowed, "manual": [], "current_user": own}


def boost(inner: Json, account_: Json, boost_id: int, uri: str, at_ms: int) -> Json:
    """The wrapper of a boosted status: no words of its own, the status as `reblog`."""
    return {
        **inner,
        "id": str(boost_id),
        "created_at": moment(at_ms),
        "edited_at": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "spoiler_text": "",
        "sensitive": inner["sensitive"],
        "uri": uri,
        "url": inner["url"],
        "content": "",
        "reblog": inner,
        "account": account_,
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "quote": None,
        "application": None,
        "filtered": inner["filtered"],
    }


def scheduled(look: Look, post: Post, brought: Sequence[Upload]) -> Json:
    """ScheduledStatus: a post that waits for its time, with what was asked for."""
    return {
        "id": str(post.id),
        "scheduled_at": moment(post.not_before_ms or post.created_ms),
        "params": {
            "text": post.text,
            "media_ids": [str(row.id) for row in brought] or None,
            "sensitive": post.sensitive,
            "spoiler_text": post.summary,
            "visibility": VISIBILITIES[Visibility(post.visibility)],
            "language": post.language,
            "scheduled_at": None,
            "poll": None,
            "idempotency": None,
            "in_reply_to_id": str(post.in_reply_to_id) if post.in_reply_to_id is not None else None,
            "application_id": 0,
            "with_rate_limit": False,
        },
        "media_attachments": [upload(look, row) for row in brought],
        EXTRA: {"state": str(post.state), "reason": post.reason},
    }


def version(look: Look, current: Json, revision: Revision, pictures: Sequence[Attachment]) -> Json:
    """StatusEdit: one version of a post, with the alt texts of then."""
    alts = {str(row.id): revision.alts.get(str(row.id), row.alt) for row in pictures}
    media = [{**one, "description": alts.get(one["id"]) or None} for one in current["media_attachments"]]
    return {
        "content": revision.content or outbox_text.to_html(revision.text, look.config.public_url, {}),
        "spoiler_text": revision.summary or "",
        "sensitive": revision.sensitive or bool(revision.summary),
        "created_at": moment(revision.published_ms or revision.created_ms),
        "account": current["account"],
        "media_attachments": media,
        "emojis": current["emojis"],
        "poll": None,
        "quote": None,
    }


def only_version(current: Json) -> Json:
    """StatusEdit of a post that was never edited, or of whose versions we know the last."""
    names = ("content", "spoiler_text", "sensitive", "account", "media_attachments", "emojis", "poll")
    at = current["edited_at"] or current["created_at"]
    return {**{name: current[name] for name in names}, "created_at": at, "quote": None}
