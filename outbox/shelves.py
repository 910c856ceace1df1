"""How our people arrange what they read: lists, filters, markers, followed hashtags, silenced servers, notes."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from fediverse_ai.core.database import big_id, json_column
from fediverse_ai.core.rows import Row


class Replies(StrEnum):
    """Which replies of its members a list shows: to those whom its owner follows, to other members, or none."""

    FOLLOWED = "followed"
    LIST = "list"
    NONE = "none"


class FilterAction(StrEnum):
    """What an app does with what a filter found."""

    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


class ReadingList(Row, table=True):
    """A timeline of chosen people. `exclusive`: its members do not appear at home."""

    __tablename__ = "reading_list"

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    title: str
    replies: str = Replies.LIST
    exclusive: bool = False


class ListMember(Row, table=True):
    """One person on one list; gone when its owner no longer follows them."""

    __tablename__ = "list_member"
    __table_args__ = (UniqueConstraint("list_id", "member_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    list_id: int = Field(foreign_key="reading_list.id", sa_type=BigInteger, ondelete="CASCADE")
    member_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")


class Filter(Row, table=True):
    """Words and posts that one of our people does not want to meet, in which places, until when."""

    __tablename__ = "filter"

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    title: str
    contexts: list[str] = Field(default_factory=list, sa_column=json_column())
    """home, notifications, public, thread, account."""
    action: str = FilterAction.WARN
    expires_ms: int | None = Field(default=None, sa_type=BigInteger)


class FilterKeyword(Row, table=True):
    """One word or phrase of a filter."""

    __tablename__ = "filter_keyword"

    id: int = Field(primary_key=True, sa_type=big_id())
    filter_id: int = Field(foreign_key="filter.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    keyword: str
    whole_word: bool = False


class FilterPost(Row, table=True):
    """One post of a filter."""

    __tablename__ = "filter_post"
    __table_args__ = (UniqueConstraint("filter_id", "post_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    filter_id: int = Field(foreign_key="filter.id", sa_type=BigInteger, ondelete="CASCADE")
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")


class Marker(Row, table=True):
    """The newest entry of a timeline that one of our people has read, the same in all their apps."""

    __tablename__ = "marker"
    __table_args__ = (UniqueConstraint("actor_id", "timeline"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    timeline: str
    last_read_id: int = Field(sa_type=BigInteger)
    version: int = 0
    updated_ms: int = Field(sa_type=BigInteger)


class LetIn(Row, table=True):
    """Somebody who was put aside and then let in: what they do is told, to whatever group of people they belong."""

    __tablename__ = "let_in"
    __table_args__ = (UniqueConstraint("actor_id", "from_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    from_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")


class TagFollow(Row, table=True):
    """A hashtag that one of our people follows: public posts with it come home."""

    __tablename__ = "tag_follow"
    __table_args__ = (UniqueConstraint("actor_id", "name"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    name: str = Field(index=True)
    """In lower case, without #."""


class OwnCollection(Row, table=True):
    """A collection that somebody made on their pages or by a client (outbox/gathered.py), and may show to everybody."""

    __tablename__ = "own_collection"

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    name: str = ""
    about: str = ""
    """Plain text beneath the name."""
    total: int = 0
    created_ms: int = Field(sa_type=BigInteger)
    public_ms: int | None = Field(default=None, sa_type=BigInteger)
    """Since when it is for everybody (outbox/albums.py); None: for its maker alone."""
    verdict: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """{policy, digests}: what the gate allowed of its words, when it was opened."""
    closed_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When a moderator closed it to everybody."""


class OwnItem(Row, table=True):
    """An id in such a collection; whatever it names."""

    __tablename__ = "own_item"
    __table_args__ = (UniqueConstraint("collection_id", "uri"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    collection_id: int = Field(foreign_key="own_collection.id", sa_type=BigInteger, ondelete="CASCADE")
    uri: str
    position: int = Field(sa_type=BigInteger)
    """Its place: the largest number stands first. At first it is the row's own id; two that change places swap it."""


class SilencedHost(Row, table=True):
    """A server of which one of our people wants to see nothing."""

    __tablename__ = "silenced_host"
    __table_args__ = (UniqueConstraint("actor_id", "host"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    host: str


class AccountNote(Row, table=True):
    """What one of our people noted about somebody, for themselves."""

    __tablename__ = "account_note"
    __table_args__ = (UniqueConstraint("actor_id", "about_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    about_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    comment: str


class Endorsement(Row, table=True):
    """Somebody whom one of our people shows on their profile."""

    __tablename__ = "endorsement"
    __table_args__ = (UniqueConstraint("actor_id", "about_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    about_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")


class ReaderDial(Row, table=True):
    """What one of our people wants to see of others' AI pictures (outbox/dial.py); no row: the default."""

    __tablename__ = "reader_dial"

    actor_id: int = Field(primary_key=True, foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    ai: str
    """show, label, dim, hide."""
    chosen_ms: int = Field(default=0, sa_type=BigInteger)


class FeaturedTag(Row, table=True):
    """A hashtag that one of our people shows on their profile."""

    __tablename__ = "featured_tag"
    __table_args__ = (UniqueConstraint("actor_id", "name"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    name: str


class Conversation(Row, table=True):
    """A thread of direct posts, as one of those in it has it: the newest post, and whether it was read."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("actor_id", "context_uri"),
        Index("ix_conversation_newest", "actor_id", "last_post_id"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    context_uri: str
    last_post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    unread: bool = False
