"""Post, Reaction, QuoteStamp, Report, Judgement, Notification, Activity, Delivery and more: rows about what leaves."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from fediverse_ai.core.database import big_id, index_of_some, json_column
from fediverse_ai.core.rows import Row
from outbox.belongings import Disclosure, RemixPolicy


class PostState(StrEnum):
    """The life of a local post; remote copies are always `published` or `deleted`. Moves: outbox/states.py."""

    DRAFT = "draft"
    """Kept by its author; nothing was made."""
    WAITING = "waiting"
    """Accepted from its author; the pipeline has not finished."""
    PICK = "pick"
    """Several pictures were made; its author chooses."""
    SCHEDULED = "scheduled"
    """Judged, and waits for its time."""
    HELD = "held"
    """A moderator has to look."""
    REFUSED = "refused"
    """The gate said no; its author sees why."""
    FAILED = "failed"
    """The generator could not make it."""
    PUBLISHED = "published"
    DELETED = "deleted"


class Visibility(StrEnum):
    """`quiet` is the default: to followers, cc Public (unlisted elsewhere)."""

    PUBLIC = "public"
    QUIET = "quiet"
    FOLLOWERS = "followers"
    DIRECT = "direct"


class Origin(StrEnum):
    """Where a picture comes from, as recorded; the AI label follows it."""

    MADE_HERE = "made_here"
    DECLARED_AI = "declared_ai"
    DECLARED_NOT_AI = "declared_not_ai"
    REMOTE = "remote"


class Searchable(StrEnum):
    """Whom the author of somebody else's post lets find it by its words."""

    ANYONE = "anyone"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


class ReactionKind(StrEnum):
    LIKE = "like"
    BOOST = "boost"


class QuoteState(StrEnum):
    """What is known of the consent of the quoted author (FEP-044f); only `accepted` is shown as a quote."""

    PENDING = "pending"
    """Asked for, or not checked yet."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Refused, without consent, or with a stamp that is not for this quote."""
    REVOKED = "revoked"


def _of_some(column: str) -> Index:
    """An index of the posts that have this at all. With all the others in it SQLite's statistics say that one value
    stands in most rows, and it reads the whole table instead: 0.9 s with a million posts."""
    return index_of_some(f"ix_post_{column}", column, where=f"{column} IS NOT NULL")


class Post(Row, table=True):
    """A post, ours or a copy of another server's. `id` sorts by time of publication; `uri` is the Note's id."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("author_id", "client_key"),
        # With the visibility at its end, so that an author's posts are counted without reading them.
        Index("ix_post_author", "author_id", "state", "id", "visibility"),
        Index("ix_post_timeline", "state", "visibility", "id"),
        Index("ix_post_local", "local", "state", "id"),
        _of_some("in_reply_to_uri"),
        _of_some("in_reply_to_id"),
        _of_some("quote_uri"),
        _of_some("quote_stamp_uri"),
        _of_some("deleted_ms"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str = Field(unique=True)
    local: bool = Field(default=False)
    author_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    state: str = PostState.WAITING
    visibility: str = Visibility.QUIET
    url: str | None = None
    text: str = ""
    """What the author wrote (local posts)."""
    content: str = ""
    """Clean HTML as shown and sent."""
    summary: str | None = None
    """The content warning, plain text."""
    sensitive: bool = False
    language: str | None = None
    in_reply_to_uri: str | None = None
    in_reply_to_id: int | None = Field(default=None, foreign_key="post.id", sa_type=BigInteger, ondelete="SET NULL")
    context_uri: str | None = Field(default=None, index=True)
    mentions: list[dict[str, str]] = Field(default_factory=list, sa_column=json_column())
    """[{uri, handle}] in order of appearance."""
    hashtags: list[str] = Field(default_factory=list, sa_column=json_column())
    to: list[str] = Field(default_factory=list, sa_column=json_column())
    cc: list[str] = Field(default_factory=list, sa_column=json_column())
    bcc: list[str] = Field(default_factory=list, sa_column=json_column())
    """Whom a client addressed without showing it (bto and bcc): reached, and never written into a document."""
    created_ms: int = Field(sa_type=BigInteger)
    published_ms: int | None = Field(default=None, sa_type=BigInteger)
    updated_ms: int | None = Field(default=None, sa_type=BigInteger)
    deleted_ms: int | None = Field(default=None, sa_type=BigInteger)
    client_key: str | None = None
    """The client's idempotency key; unique with the author."""
    request: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """What was asked of the generator: the fields of ImageRequest, plus `generator` and `alt_text`."""
    progress: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """{fraction, words} while it waits."""
    reason: str | None = None
    """The public sentence of the gate or of the failure."""
    rule: str | None = None
    document: bytes | None = None
    """The Note as served, rendered once at publishing and at each edit."""
    activity_uri: str | None = None
    """The Create that announced it."""
    likes: int = 0
    boosts: int = 0
    replies: int = 0
    quote_uri: str | None = None
    """The id of the post that this one quotes."""
    quote_state: str | None = None
    poll: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """The choices and counts of somebody else's poll (inbox/polls.py)."""
    quote_stamp_uri: str | None = None
    """The consent (QuoteAuthorization) that the quote claims; checked when the state is `accepted`."""
    quote_owner_uri: str | None = None
    """The quoted author, once the stamp was checked: who may revoke it."""
    quote_checked_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When the stamp was last read from its home."""
    pinned_ms: int | None = Field(default=None, sa_type=BigInteger)
    """Since when it is in its author's featured collection."""
    not_before_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When it goes out (scheduled posts)."""
    disclosure: str = Disclosure.FULL
    """How much of the recipe leaves."""
    app: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """The app that posted it, as it called itself then: {name, website}; None for the website and other servers."""
    searchable: str | None = None
    """Who may find it by its words, where another server says so of the post itself: Searchable (FEP-268d)."""
    remix_policy: str = RemixPolicy.NOBODY
    """Who may build on it; of others' posts, what their object grants."""
    emojis: dict[str, int] = Field(default_factory=dict, sa_column=json_column())
    """Custom emoji of a received post: name -> id of its Emoji."""


class Revision(Row, table=True):
    """One version of a published post: the first as it went out, then every edit, judged like a new post."""

    __tablename__ = "revision"

    id: int = Field(primary_key=True, sa_type=big_id())
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    state: str = PostState.WAITING
    """waiting, held, refused, published."""
    text: str = ""
    summary: str | None = None
    sensitive: bool = False
    alts: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    """Attachment id -> alt text."""
    disclosure: str | None = None
    """Another one than the post's; None leaves it."""
    language: str | None = None
    """Another one than the post's; None leaves it."""
    focus: dict[str, list[float]] = Field(default_factory=dict, sa_column=json_column())
    """Attachment id -> [x, y] of focal points that change."""
    files: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_column=json_column())
    """Attachment id -> {file, thumbnail, sha256, size} of files that say more or less of their making."""
    content: str = ""
    reason: str | None = None
    rule: str | None = None
    created_ms: int = Field(sa_type=BigInteger)
    published_ms: int | None = Field(default=None, sa_type=BigInteger)


class PostTag(Row, table=True):
    """A hashtag of a post in lower case, for the pages of a tag."""

    __tablename__ = "post_tag"
    __table_args__ = (Index("ix_post_tag_name", "name", "post_id"),)

    post_id: int = Field(primary_key=True, foreign_key="post.id", sa_type=BigInteger, ondelete="CASCADE")
    name: str = Field(primary_key=True)


class Attachment(Row, table=True):
    """A picture of a post. `file` is our storage name (local), `url` where others serve it (remote)."""

    __tablename__ = "attachment"

    id: int = Field(primary_key=True, sa_type=big_id())
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    position: int = 0
    file: str | None = Field(default=None, index=True)
    thumbnail: str | None = Field(default=None, index=True)
    sha256: str | None = None
    size: int | None = None
    url: str | None = None
    media_type: str = "image/jpeg"
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    pdq: str | None = None
    """Of pictures of ours: the hash by which one is found again when nothing else is left of its file."""
    focus_x: float = 0.0
    focus_y: float = 0.0
    alt: str = ""
    alt_draft: str = ""
    """A description that a program drafted; it goes nowhere until a person takes it over into `alt`."""
    origin: str = Origin.MADE_HERE
    digital_source_type: str | None = None
    recipe: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """The fields of Recipe, plus `title` and `disclosure` of the model card and `notes` for the author."""


class Reaction(Row, table=True):
    """A like or a boost; one per actor, post and kind (AUT-19)."""

    __tablename__ = "reaction"
    __table_args__ = (
        UniqueConstraint("actor_id", "post_id", "kind"),
        # An actor's boosts and likes by time: timelines walk it once for each followed account.
        Index("ix_reaction_actor", "actor_id", "kind", "id"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str = Field(index=True)
    kind: str
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    emoji: str | None = None
    """What a like said: one emoji, or `:name:` of another server's."""
    created_ms: int = Field(sa_type=BigInteger)


class QuoteStamp(Row, table=True):
    """Our author's consent to one quote of one post (a QuoteAuthorization of FEP-044f), served at /stamps/ID."""

    __tablename__ = "quote_stamp"
    __table_args__ = (UniqueConstraint("post_id", "interacting_uri", "requester_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    post_id: int = Field(foreign_key="post.id", sa_type=BigInteger, ondelete="CASCADE")
    interacting_uri: str
    """The id of the quoting post."""
    requester_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    created_ms: int = Field(sa_type=BigInteger)
    revoked_ms: int | None = Field(default=None, sa_type=BigInteger)


class Report(Row, table=True):
    """What somebody, here or elsewhere, wants our moderators to look at. One open report per server and target."""

    __tablename__ = "report"
    __table_args__ = (Index("ix_report_state", "state", "id"), Index("ix_report_target", "target_id", "host", "state"))

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str
    """The id of the Flag that came or went last."""
    host: str
    """The reporter's server; ours when one of our people reports."""
    reporter_id: int | None = Field(default=None, foreign_key="actor.id", sa_type=BigInteger, ondelete="SET NULL")
    """A person of ours, or whoever signed the Flag (Mastodon: its server's actor)."""
    target_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    posts: list[str] = Field(default_factory=list, sa_column=json_column())
    """Ids of posts of the target that we have."""
    others: list[str] = Field(default_factory=list, sa_column=json_column())
    """Ids that were named and that we do not have."""
    comment: str = ""
    """Plain text."""
    times: int = 1
    """How many Flags it stands for."""
    forwarded: bool = False
    """Ours: was it sent to the target's server?"""
    state: str = "open"
    """open or closed."""
    created_ms: int = Field(sa_type=BigInteger)
    closed_ms: int | None = Field(default=None, sa_type=BigInteger)
    closed_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")


class Judgement(Row, table=True):
    """One verdict over a post: who decided, by which rule and policy, over exactly which bytes (D22)."""

    __tablename__ = "judgement"

    id: int = Field(primary_key=True, sa_type=big_id())
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    decision: str
    rule: str | None = None
    reason: str = ""
    policy_version: str
    digests: list[str] = Field(default_factory=list, sa_column=json_column())
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    decided_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger)
    """The moderator; None when the policy decided."""
    created_ms: int = Field(sa_type=BigInteger)


class Notification(Row, table=True):
    """Something that a local actor wants to know; one per cause."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("actor_id", "kind", "cause"),
        Index("ix_notification_actor", "actor_id", "id"),
        index_of_some("ix_notification_aside", "actor_id", "from_id", where="aside", on_sqlite="aside = 1"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    kind: str
    """follow, follow_request, mention, like, boost, quote, remix, moved, report, pick, or how a post ended."""
    from_id: int | None = Field(
        default=None, foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    post_id: int | None = Field(default=None, foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    cause: str
    """What makes it one: the URI of the activity or the post's id."""
    aside: bool = False
    """Put aside (outbox/aside.py): shown nowhere before its reader lets in whom it is from."""
    created_ms: int = Field(sa_type=BigInteger)
    read_ms: int | None = Field(default=None, sa_type=BigInteger)


class Activity(Row, table=True):
    """An activity of ours, stored as the bytes that are delivered and served; `public` when anybody may read it."""

    __tablename__ = "activity"
    __table_args__ = (Index("ix_activity_outbox", "actor_id", "listed", "id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str = Field(unique=True)
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    type: str
    object_uri: str | None = Field(default=None, index=True)
    body: bytes
    public: bool = False
    listed: bool = False
    """Shown in the outbox collection: Create and Announce of public and quiet posts."""
    key_uri: str | None = None
    """The key that signs it, while that is kept; None for the actor's key in use."""
    created_ms: int = Field(sa_type=BigInteger)


class Delivery(Row, table=True):
    """One activity to one inbox: unique, so that a job that runs twice cannot double it."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("activity_id", "inbox_url"),
        Index("ix_delivery_host", "host", "state", "id"),
        Index("ix_delivery_state", "state", "host"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    activity_id: int = Field(foreign_key="activity.id", sa_type=BigInteger, ondelete="CASCADE")
    inbox_url: str
    host: str
    state: str = "pending"
    """pending (a chunk's job has it), lane (waits its turn at its host), delivered, given_up, withheld (unwished)."""
    attempts: int = 0
    refusals: int = 0
    """How many 401 or 403 it met (three tries)."""
    last_error: str | None = None
    created_ms: int = Field(sa_type=BigInteger)
    done_ms: int | None = Field(default=None, sa_type=BigInteger)


class HostState(Row, table=True):
    """What deliveries learned about a host: the circuit, the scheme that works, when it last answered."""

    __tablename__ = "host_state"

    host: str = Field(primary_key=True)
    failures: int = 0
    """Failures in a row."""
    failing_since_ms: int | None = Field(default=None, sa_type=BigInteger)
    open_until_ms: int | None = Field(default=None, sa_type=BigInteger)
    """No request to this host before this time."""
    last_success_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_inbound_ms: int | None = Field(default=None, sa_type=BigInteger)
    scheme: str | None = None
    """The signature scheme that worked last; None while nothing but the first knock is known."""
    wake_up: int = 0
    """Numbers the wake-ups of the host's lane, so that each has an id of its own."""
    waking: bool = False
    """Is a wake-up pending? There is at most one."""
    wish: str = "everything"
    """What the host wants to be sent: everything, replies or no-ai (outbox/preferences.py)."""
    wish_by: str = ""
    """Who said so: empty for the admin, else the actor who signed the request."""
    wish_ms: int | None = Field(default=None, sa_type=BigInteger)
