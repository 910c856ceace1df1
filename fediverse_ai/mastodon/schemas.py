"""What the answers of the API look like, entity by entity: for the description of the API, and to hold answers to it.

Every member of an answer stands here: one more, or one of another kind, fails the tests. `| None` with a default may be
left out. Types are built when they are first used, not at the start.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
Url = Annotated[str, Field(pattern=r"^https?://")]
Count = Annotated[int, Field(ge=0)]


class Entity(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Nothing(Entity):
    """An empty object."""


class CustomEmoji(Entity):
    shortcode: str
    url: Url
    static_url: Url
    visible_in_picker: bool
    category: str | None


class ProfileField(Entity):
    name: str
    value: str
    verified_at: Moment | None


class Account(Entity):
    id: Id
    username: str
    acct: str
    url: Url
    uri: Url
    display_name: str
    note: str
    avatar: Url
    avatar_static: Url
    avatar_description: str
    header: Url
    header_static: Url
    header_description: str
    locked: bool
    bot: bool
    group: bool
    discoverable: bool
    indexable: bool
    noindex: bool
    hide_collections: bool
    created_at: Moment
    last_status_at: Day | None
    statuses_count: Count
    followers_count: Count
    following_count: Count
    emojis: list[CustomEmoji]
    fields: list[ProfileField]
    roles: list[Any]
    moved: Account | None = None
    suspended: bool | None = None
    limited: bool | None = None


class Source(Entity):
    note: str
    fields: list[ProfileField]
    privacy: Literal["public", "unlisted", "private", "direct"]
    sensitive: bool
    language: str | None
    follow_requests_count: Count
    discoverable: bool
    indexable: bool
    hide_collections: bool
    attribution_domains: list[str]
    quote_policy: Literal["public", "followers", "nobody"]


class Role(Entity):
    id: str
    name: str
    color: str
    permissions: str
    highlighted: bool


class CredentialAccount(Account):
    source: Source
    role: Role


class Size(Entity):
    width: int
    height: int
    size: str
    aspect: float


class Focus(Entity):
    x: float
    y: float


class Meta(Entity):
    original: Size
    small: Size
    focus: Focus


class MadeBy(Entity):
    """Ours: how a picture came to be."""

    ai_generated: bool
    origin: str
    digital_source_type: str | None
    recipe: dict[str, Any] | None


class MediaAttachment(Entity):
    id: Id
    type: Literal["image"]
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: Meta
    description: str | None
    blurhash: str
    fediverse_ai: MadeBy | None = None


class Mention(Entity):
    id: Id
    username: str
    url: Url
    acct: str


class StatusTag(Entity):
    name: str
    url: Url


class Application(Entity):
    name: str
    website: str | None


class PollOption(Entity):
    title: str
    votes_count: Count | None


class Poll(Entity):
    id: Id
    expires_at: Moment | None
    expired: bool
    multiple: bool
    votes_count: Count
    voters_count: Count | None
    options: list[PollOption]
    emojis: list[CustomEmoji]
    voted: bool
    own_votes: list[int]


class FilterKeyword(Entity):
    id: Id
    keyword: str
    whole_word: bool


class FilterStatus(Entity):
    id: Id
    status_id: Id


class Filter(Entity):
    id: Id
    title: str
    context: list[Literal["home", "notifications", "public", "thread", "account"]]
    expires_at: Moment | None
    filter_action: Literal["warn", "hide", "blur"]
    keywords: list[FilterKeyword]
    statuses: list[FilterStatus]


class FilterResult(Entity):
    filter: Filter
    keyword_matches: list[str] | None
    status_matches: list[Id] | None


class OldFilter(Entity):
    id: Id
    phrase: str
    context: list[str]
    whole_word: bool
    expires_at: Moment | None
    irreversible: bool


class QuoteApproval(Entity):
    automatic: list[str]
    manual: list[str]
    current_user: Literal["automatic", "manual", "denied", "unknown"]


class Quote(Entity):
    """With the quoted status, or inside of a quoted one with its id."""

    state: str
    quoted_status: Status | None = None
    quoted_status_id: Id | None = None


class Making(Entity):
    """Ours: is it AI's work, and how far is it? The rest for its author alone."""

    ai_generated: bool
    state: str
    reason: str | None = None
    rule: str | None = None
    progress: dict[str, Any] | None = None


class Status(Entity):
    id: Id
    created_at: Moment
    edited_at: Moment | None
    in_reply_to_id: Id | None
    in_reply_to_account_id: Id | None
    sensitive: bool
    spoiler_text: str
    visibility: Literal["public", "unlisted", "private", "direct"]
    language: str | None
    uri: Url
    url: Url | None
    content: str
    replies_count: Count
    reblogs_count: Count
    favourites_count: Count
    quotes_count: Count
    favourited: bool
    reblogged: bool
    muted: bool
    bookmarked: bool
    pinned: bool | None = None
    filtered: list[FilterResult]
    reblog: Status | None
    account: Account
    media_attachments: list[MediaAttachment]
    mentions: list[Mention]
    tags: list[StatusTag]
    emojis: list[CustomEmoji]
    card: None
    poll: Poll | None
    application: Application | None
    quote: Quote | None
    quote_approval: QuoteApproval
    text: str | None = None
    fediverse_ai: Making


class ScheduledStatus(Entity):
    id: Id
    scheduled_at: Moment
    params: dict[str, Any]
    media_attachments: list[MediaAttachment]
    fediverse_ai: dict[str, Any]


class StatusSource(Entity):
    id: Id
    text: str
    spoiler_text: str


class StatusEdit(Entity):
    content: str
    spoiler_text: str
    sensitive: bool
    created_at: Moment
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[CustomEmoji]
    poll: Poll | None
    quote: Quote | None


class Context(Entity):
    ancestors: list[Status]
    descendants: list[Status]


class Relationship(Entity):
    id: Id
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


class FamiliarFollowers(Entity):
    id: Id
    accounts: list[Account]


class Notification(Entity):
    id: Id
    type: str
    created_at: Moment
    group_key: str
    account: Account
    status: Status | None = None


class NotificationGroup(Entity):
    group_key: str
    notifications_count: Count
    type: str
    most_recent_notification_id: int
    page_min_id: Id
    page_max_id: Id
    latest_page_notification_at: Moment
    sample_account_ids: list[Id]
    status_id: Id | None = None


class PartialAccount(Entity):
    id: Id
    acct: str
    url: Url
    avatar: Url
    avatar_static: Url
    locked: bool
    bot: bool


class GroupedNotifications(Entity):
    accounts: list[Account]
    partial_accounts: list[PartialAccount] | None = None
    statuses: list[Status]
    notification_groups: list[NotificationGroup]


Told = Literal["accept", "filter", "drop"]


class NotificationPolicy(Entity):
    for_not_following: Told
    for_not_followers: Told
    for_new_accounts: Told
    for_private_mentions: Told
    for_limited_accounts: Told
    for_bots: Told
    summary: dict[str, Count]


class UnreadCount(Entity):
    count: Count


class TagDay(Entity):
    day: str
    uses: str
    accounts: str


class Tag(Entity):
    id: str
    name: str
    url: Url
    history: list[TagDay]
    following: bool | None = None


class FeaturedTag(Entity):
    id: Id
    name: str
    url: Url
    statuses_count: str
    last_status_at: Day | None


class Search(Entity):
    accounts: list[Account]
    statuses: list[Status]
    hashtags: list[Tag]


class UserList(Entity):
    id: Id
    title: str
    replies_policy: Literal["followed", "list", "none"]
    exclusive: bool


class Marker(Entity):
    last_read_id: str
    version: int
    updated_at: Moment


class Conversation(Entity):
    id: Id
    unread: bool
    accounts: list[Account]
    last_status: Status | None


class Report(Entity):
    id: Id
    action_taken: bool
    action_taken_at: Moment | None
    category: str
    comment: str
    forwarded: bool
    created_at: Moment
    status_ids: list[Id]
    rule_ids: list[Id] | None
    target_account: Account


class Suggestion(Entity):
    source: str
    sources: list[str]
    account: Account


class Rule(Entity):
    id: str
    text: str
    hint: str


class Preferences(Entity):
    visibility: str = Field(alias="posting:default:visibility")
    sensitive: bool = Field(alias="posting:default:sensitive")
    language: str | None = Field(alias="posting:default:language")
    quote_policy: str = Field(alias="posting:default:quote_policy")
    media: str = Field(alias="reading:expand:media")
    spoilers: bool = Field(alias="reading:expand:spoilers")
    gifs: bool = Field(alias="reading:autoplay:gifs")


class Token(Entity):
    access_token: str
    token_type: str
    scope: str
    created_at: Count


class AnnouncementReaction(Entity):
    name: str
    count: Count
    me: bool


class Announcement(Entity):
    id: Id
    content: str
    starts_at: Moment | None
    ends_at: Moment | None
    all_day: bool
    published: bool
    published_at: Moment
    updated_at: Moment
    read: bool
    mentions: list[Any]
    statuses: list[Any]
    tags: list[Any]
    emojis: list[Any]
    reactions: list[AnnouncementReaction]


class Instance(Entity):
    domain: str
    title: str
    version: str
    source_url: Url
    description: str
    usage: dict[str, dict[str, Count]]
    thumbnail: dict[str, Any]
    icon: list[Any]
    languages: list[str]
    configuration: dict[str, Any]
    registrations: dict[str, Any]
    api_versions: dict[str, int]
    contact: Contact
    rules: list[Rule]
    fediverse_ai: dict[str, Any]


class Contact(Entity):
    email: str
    account: Account | None


class OldInstance(Entity):
    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: dict[str, str]
    stats: dict[str, Count]
    thumbnail: Url
    languages: list[str]
    registrations: bool
    approval_required: bool
    invites_enabled: bool
    max_toot_chars: int
    configuration: dict[str, Any]
    contact_account: Account | None
    rules: list[Rule]


class Week(Entity):
    week: Id
    statuses: Id
    logins: Id
    registrations: Id


class DomainBlock(Entity):
    domain: str
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    severity: Literal["silence", "suspend"]
    comment: str


class ExtendedDescription(Entity):
    updated_at: Moment | None
    content: str


class NotificationRequest(Entity):
    id: Id
    created_at: Moment
    updated_at: Moment
    notifications_count: str
    account: Account
    last_status: Status | None


class Merged(Entity):
    merged: bool
