"""Actor, Key, Follow, Block, Mute, DomainRule, SeveredFollow; Account, Login, App, Token: the rows about who."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from fediverse_ai.core.database import big_id, index_of_some, json_column
from fediverse_ai.core.rows import Row


class FollowState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Severity(StrEnum):
    """What a domain rule does: `limit` keeps posts off public pages, `suspend` ends every exchange."""

    NONE = "none"
    """Nothing by itself: the rule only rejects media or reports."""
    LIMIT = "limit"
    SUSPEND = "suspend"


class Actor(Row, table=True):
    """One actor of the fediverse, ours or another server's copy. `uri` is its ActivityPub id and never changes."""

    __tablename__ = "actor"
    __table_args__ = (
        Index("ix_actor_handle", "username_lower", "host"),
        index_of_some("ix_actor_deleted_ms", "deleted_ms", where="deleted_ms IS NOT NULL"),
        # Ours are unique by name; others' handles are claims that may clash, so only their URI is unique.
        index_of_some("uq_actor_local_name", "username_lower", where="local", on_sqlite="local = 1", unique=True),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str = Field(unique=True)
    local: bool = Field(default=False, index=True)
    kind: str = "Person"
    username: str
    username_lower: str
    host: str = Field(index=True)
    """The canonical host of the handle; ours for local actors (with a port in development)."""
    name: str = ""
    summary: str = ""
    """Bio as clean HTML."""
    url: str | None = None
    inbox_url: str
    shared_inbox_url: str | None = None
    outbox_url: str | None = None
    followers_uri: str | None = None
    following_uri: str | None = None
    featured_uri: str | None = None
    icon_url: str | None = None
    image_url: str | None = None
    manually_approves: bool = False
    authorized_fetch: bool = False
    """Of local actors: posts and lists are only for signed requests."""
    hides_relations: bool = False
    """Of local actors: whom they follow and who follows them is for themselves; the counts stay."""
    quote_policy: str = "anyone"
    """Of local actors: who may quote open posts: anyone, followers or nobody."""
    discoverable: bool = True
    indexable: bool = False
    fields: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    verified: dict[str, int] = Field(default_factory=dict, sa_column=json_column())
    """Of local actors: address in a field -> when a page there was seen to link back with rel=me, in epoch ms."""
    also_known_as: list[str] = Field(default_factory=list, sa_column=json_column())
    emojis: dict[str, int] = Field(default_factory=dict, sa_column=json_column())
    """Custom emoji in the name and bio of a remote actor: name -> id of its Emoji (actors/emoji.py)."""
    moved_to_uri: str | None = None
    moved_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When it last moved; one Move in thirty days is followed."""
    published_ms: int = Field(default=0, sa_type=BigInteger)
    fetched_ms: int = Field(default=0, sa_type=BigInteger)
    """When the copy of a remote actor was last refreshed."""
    checked_ms: int = Field(default=0, sa_type=BigInteger)
    """When a remote actor's home was last asked for it, whatever it answered."""
    missing_since_ms: int | None = Field(default=None, sa_type=BigInteger)
    """Since when its home has not served it."""
    severity: str | None = None
    """What a domain rule does to its host, limit or suspend; written by actors/rules.py alone."""
    reject_media: bool = False
    """Its pictures are not shown here, by a domain rule."""
    suspended_ms: int | None = Field(default=None, sa_type=BigInteger)
    deleted_ms: int | None = Field(default=None, sa_type=BigInteger)
    document: bytes | None = None
    """Of local actors: the actor document as served, rendered at every change."""

    @property
    def handle(self) -> str:
        return f"{self.username}@{self.host}"

    @property
    def page_url(self) -> str:
        """The page for people."""
        return self.url or self.uri


class Key(Row, table=True):
    """A public key by its keyId; for local actors with the private part sealed under the server's secret."""

    __tablename__ = "key"

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    uri: str = Field(unique=True)
    kind: str = "rsa"
    public_pem: str
    private_sealed: bytes | None = None
    fetched_ms: int = Field(default=0, sa_type=BigInteger)
    retired_ms: int | None = Field(default=None, sa_type=BigInteger)
    """Of ours: since when another key has taken its place; it only signs what tells of that."""
    leaked: bool = False
    """Of ours, replaced: somebody else may have it, so it is not published beside the new one."""


class Follow(Row, table=True):
    """`follower` follows `followed`; `uri` is the id of the Follow activity that asked for it."""

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("follower_id", "followed_id"),
        Index("ix_follow_followed", "followed_id", "state"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str = Field(index=True)
    follower_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    followed_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    state: str = FollowState.PENDING
    boosts: bool = True
    """Does the follower want to see what the followed boosts?"""
    notify: bool = False
    """Does the follower want to hear of every post?"""
    created_ms: int = Field(sa_type=BigInteger)


class Block(Row, table=True):
    """`blocker` wants nothing to do with `blocked`."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("blocker_id", "blocked_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str | None = Field(default=None, index=True)
    blocker_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    blocked_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    created_ms: int = Field(sa_type=BigInteger)


class Mute(Row, table=True):
    """`muter` does not want to see `muted`; nobody is told."""

    __tablename__ = "mute"
    __table_args__ = (UniqueConstraint("muter_id", "muted_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    muter_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    muted_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    notifications: bool = True
    """Whether what they do is not told either."""
    expires_ms: int | None = Field(default=None, sa_type=BigInteger)
    created_ms: int = Field(sa_type=BigInteger)


class DomainRule(Row, table=True):
    """One decision about a whole host and its subdomains. It holds until it is undone; the row stays as its record."""

    __tablename__ = "domain_rule"
    __table_args__ = (index_of_some("uq_domain_rule_host", "host", where="undone_ms IS NULL", unique=True),)

    id: int = Field(primary_key=True, sa_type=big_id())
    host: str
    severity: str = Severity.SUSPEND
    reject_media: bool = False
    reject_reports: bool = False
    reason: str = ""
    """For the people in charge only."""
    public_comment: str = ""
    """What everybody may read beside the rule."""
    obfuscate: bool = False
    """Show the host with stars on the public page."""
    created_ms: int = Field(sa_type=BigInteger)
    created_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    """None: at the command line."""
    undone_ms: int | None = Field(default=None, sa_type=BigInteger)
    undone_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    undone_reason: str = ""


class ActorRule(Row, table=True):
    """One decision about one remote actor: limit or suspend, until it is undone; the row stays as its record."""

    __tablename__ = "actor_rule"
    __table_args__ = (index_of_some("uq_actor_rule_actor_id", "actor_id", where="undone_ms IS NULL", unique=True),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    severity: str = Severity.SUSPEND
    reason: str = ""
    """For the people in charge only."""
    created_ms: int = Field(sa_type=BigInteger)
    created_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    """None: at the command line."""
    undone_ms: int | None = Field(default=None, sa_type=BigInteger)
    undone_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    undone_reason: str = ""


class SeveredFollow(Row, table=True):
    """A follow that a rule cut; it comes back when no rule suspends the other side any more."""

    __tablename__ = "severed_follow"
    __table_args__ = (UniqueConstraint("follower_id", "followed_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    uri: str
    follower_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    followed_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    state: str
    created_ms: int = Field(sa_type=BigInteger)
    severed_ms: int = Field(sa_type=BigInteger)


class Account(Row, table=True):
    """The person behind a local actor: how they sign in and what they may do here."""

    __tablename__ = "account"

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", unique=True, sa_type=BigInteger)
    role: str = "member"
    """owner, admin, moderator or member."""
    password_hash: str | None = None
    email: str | None = None
    disclosure: str = "full"
    """How much of a recipe leaves with a new post (outbox.models.Disclosure)."""
    remix_policy: str = "nobody"
    """Who may build on a new post (outbox.models.RemixPolicy)."""
    posting: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """What apps begin a new post with: visibility, sensitive, language; `app` is false for who does not name theirs."""
    appearance: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """How pages look for this person: theme, motion, text, keys, counts, language; only what differs from the usual."""
    training: str = "no"
    """What a new post begins with as to training: no, or the scope of a yes."""
    direct_from: str = "anyone"
    """Whose direct posts arrive: anyone's, or those of people whom this person follows ("followed"), or nobody's."""
    told: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """{"off": [kinds], "not_from": [groups of people]} that this person is not told of, and "aside": [groups] whose
    notifications wait until they are let in."""
    leaves_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When the account is erased, once its owner asked for it."""
    disabled_ms: int | None = Field(default=None, sa_type=BigInteger)
    carry_follows: bool = True
    """Whether follows go along by themselves when somebody whom this person follows moves."""
    created_ms: int = Field(sa_type=BigInteger)


class SignInTries(Row, table=True):
    """How often somebody tried to sign in lately, by address or by name; kept, so that a restart forgives nothing."""

    __tablename__ = "sign_in_tries"

    key: str = Field(primary_key=True)
    """`address:` or `name:`, and the SHA-256 of which."""
    tries: int = 0
    since_ms: int = Field(sa_type=BigInteger)
    """When the tries that are counted began."""
    waits: int = 0
    """How many waits in a row; each is twice as long as the one before."""
    until_ms: int = Field(default=0, sa_type=BigInteger)
    """No try before this."""


class Login(Row, table=True):
    """A browser session, or something that is answered once, by the SHA-256 of its secret."""

    __tablename__ = "login"

    id: int = Field(primary_key=True, sa_type=big_id())
    account_id: int = Field(foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    secret_hash: str = Field(unique=True)
    kind: str = "session"
    """session; link, reset and confirm: by a link that works once; second: the password was right, and a code is waited
    for; passkey: a question for a new one."""
    name: str = ""
    """Of a session: the browser, such as "Firefox on Linux"."""
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    used_ms: int | None = Field(default=None, sa_type=BigInteger)


class App(Row, table=True):
    """A program that people may let act for them (an OAuth client), with what it said of itself."""

    __tablename__ = "app"

    id: int = Field(primary_key=True, sa_type=big_id())
    client_id: str = Field(unique=True)
    """Random for a registered one, else the address of the document that describes it."""
    kind: str = "registered"
    """registered, or document: fetched from its client id, and fetched anew when it is old."""
    secret_hash: str | None = None
    """None for a public client, which has no secret."""
    name: str = ""
    website: str | None = None
    redirect_uris: list[str] = Field(default_factory=list, sa_column=json_column())
    scopes: str = "read"
    """What it may ask for at most, space-separated."""
    refreshes: bool = False
    """Whether it asked for refresh tokens when it registered."""
    created_ms: int = Field(sa_type=BigInteger)
    fetched_ms: int | None = Field(default=None, sa_type=BigInteger)
    used_ms: int | None = Field(default=None, index=True, sa_type=BigInteger)
    """When it was first given a code or a token; None for one that nobody ever used."""


class AuthorizationCode(Row, table=True):
    """A person's consent on its way to an app, by the SHA-256 of the code; kept after its use to notice a replay."""

    __tablename__ = "authorization_code"

    id: int = Field(primary_key=True, sa_type=big_id())
    app_id: int = Field(foreign_key="app.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    account_id: int = Field(foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    code_hash: str = Field(unique=True)
    redirect_uri: str
    scopes: str
    challenge: str | None = None
    """The S256 code challenge of PKCE."""
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    used_ms: int | None = Field(default=None, sa_type=BigInteger)


class Token(Row, table=True):
    """An access token, by its SHA-256; scopes are a space-separated list in the spelling that was asked for."""

    __tablename__ = "token"

    id: int = Field(primary_key=True, sa_type=big_id())
    account_id: int | None = Field(
        default=None, foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    """None for a token of the app alone (client credentials)."""
    app_id: int | None = Field(default=None, foreign_key="app.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    code_id: int | None = Field(default=None, index=True, sa_type=BigInteger)
    """The consent it came from, directly or by refreshing: what is revoked together when one is replayed."""
    secret_hash: str = Field(unique=True)
    refresh_hash: str | None = Field(default=None, unique=True)
    name: str = ""
    scopes: str = "read write"
    created_ms: int = Field(sa_type=BigInteger)
    used_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When it was last used, to the day."""
    revoked_ms: int | None = Field(default=None, sa_type=BigInteger)
