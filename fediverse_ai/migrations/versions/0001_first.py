"""The first tables: actors, posts, deliveries, received activities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("username_lower", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("inbox_url", sa.String(), nullable=False),
        sa.Column("shared_inbox_url", sa.String(), nullable=True),
        sa.Column("outbox_url", sa.String(), nullable=True),
        sa.Column("followers_uri", sa.String(), nullable=True),
        sa.Column("following_uri", sa.String(), nullable=True),
        sa.Column("featured_uri", sa.String(), nullable=True),
        sa.Column("icon_url", sa.String(), nullable=True),
        sa.Column("image_url", sa.String(), nullable=True),
        sa.Column("manually_approves", sa.Boolean(), nullable=False),
        sa.Column("authorized_fetch", sa.Boolean(), nullable=False),
        sa.Column("hides_relations", sa.Boolean(), nullable=False),
        sa.Column("quote_policy", sa.String(), nullable=False),
        sa.Column("discoverable", sa.Boolean(), nullable=False),
        sa.Column("indexable", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("verified", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("also_known_as", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("emojis", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("moved_to_uri", sa.String(), nullable=True),
        sa.Column("moved_ms", sa.BigInteger(), nullable=True),
        sa.Column("published_ms", sa.BigInteger(), nullable=False),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=False),
        sa.Column("checked_ms", sa.BigInteger(), nullable=False),
        sa.Column("missing_since_ms", sa.BigInteger(), nullable=True),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("reject_media", sa.Boolean(), nullable=False),
        sa.Column("suspended_ms", sa.BigInteger(), nullable=True),
        sa.Column("deleted_ms", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
        sa.UniqueConstraint("uri", name=op.f("uq_actor_uri")),
    )
    with op.batch_alter_table("actor", schema=None) as batch_op:
        batch_op.create_index("ix_actor_handle", ["username_lower", "host"], unique=False)
        batch_op.create_index(batch_op.f("ix_actor_host"), ["host"], unique=False)
        batch_op.create_index(batch_op.f("ix_actor_local"), ["local"], unique=False)
        batch_op.create_index(
            "uq_actor_local_name",
            ["username_lower"],
            unique=True,
            sqlite_where=sa.text("local = 1"),
            postgresql_where=sa.text("local"),
        )

    op.create_table(
        "host_state",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since_ms", sa.BigInteger(), nullable=True),
        sa.Column("open_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_success_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_inbound_ms", sa.BigInteger(), nullable=True),
        sa.Column("scheme", sa.String(), nullable=True),
        sa.Column("wake_up", sa.Integer(), nullable=False),
        sa.Column("waking", sa.Boolean(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("wish_by", sa.String(), nullable=False),
        sa.Column("wish_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_state")),
    )
    op.create_table(
        "received",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_uri", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("sender_uri", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("wide", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("handled_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received")),
        sa.UniqueConstraint("activity_uri", name=op.f("uq_received_activity_uri")),
    )
    with op.batch_alter_table("received", schema=None) as batch_op:
        batch_op.create_index("ix_received_state", ["state", "id"], unique=False)

    op.create_table(
        "tombstone",
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("owner_uri", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("disclosure", sa.String(), nullable=False),
        sa.Column("remix_policy", sa.String(), nullable=False),
        sa.Column("posting", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("appearance", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("training", sa.String(), nullable=False),
        sa.Column("direct_from", sa.String(), nullable=False),
        sa.Column("told", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("leaves_ms", sa.BigInteger(), nullable=True),
        sa.Column("disabled_ms", sa.BigInteger(), nullable=True),
        sa.Column("carry_follows", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_account_actor_id_actor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("actor_id", name=op.f("uq_account_actor_id")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("object_uri", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("key_uri", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_activity_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("uri", name=op.f("uq_activity_uri")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_object_uri"), ["object_uri"], unique=False)
        batch_op.create_index("ix_activity_outbox", ["actor_id", "listed", "id"], unique=False)

    op.create_table(
        "block",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("blocker_id", sa.BigInteger(), nullable=False),
        sa.Column("blocked_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blocked_id"], ["actor.id"], name=op.f("fk_block_blocked_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["blocker_id"], ["actor.id"], name=op.f("fk_block_blocker_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("blocker_id", "blocked_id", name=op.f("uq_block_blocker_id_blocked_id")),
    )
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_blocked_id"), ["blocked_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_block_uri"), ["uri"], unique=False)

    op.create_table(
        "follow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("follower_id", sa.BigInteger(), nullable=False),
        sa.Column("followed_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("boosts", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["followed_id"], ["actor.id"], name=op.f("fk_follow_followed_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["actor.id"], name=op.f("fk_follow_follower_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
        sa.UniqueConstraint("follower_id", "followed_id", name=op.f("uq_follow_follower_id_followed_id")),
    )
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.create_index("ix_follow_followed", ["followed_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_uri"), ["uri"], unique=False)

    op.create_table(
        "key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("public_pem", sa.String(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.Column("leaked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_key_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key")),
        sa.UniqueConstraint("uri", name=op.f("uq_key_uri")),
    )
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "mute",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("muter_id", sa.BigInteger(), nullable=False),
        sa.Column("muted_id", sa.BigInteger(), nullable=False),
        sa.Column("notifications", sa.Boolean(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["muted_id"], ["actor.id"], name=op.f("fk_mute_muted_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["muter_id"], ["actor.id"], name=op.f("fk_mute_muter_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
        sa.UniqueConstraint("muter_id", "muted_id", name=op.f("uq_mute_muter_id_muted_id")),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("in_reply_to_uri", sa.String(), nullable=True),
        sa.Column("in_reply_to_id", sa.BigInteger(), nullable=True),
        sa.Column("context_uri", sa.String(), nullable=True),
        sa.Column("mentions", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("hashtags", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("to", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("cc", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("bcc", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=True),
        sa.Column("updated_ms", sa.BigInteger(), nullable=True),
        sa.Column("deleted_ms", sa.BigInteger(), nullable=True),
        sa.Column("client_key", sa.String(), nullable=True),
        sa.Column("request", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("progress", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("activity_uri", sa.String(), nullable=True),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.Column("boosts", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("quote_uri", sa.String(), nullable=True),
        sa.Column("quote_state", sa.String(), nullable=True),
        sa.Column("poll", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("quote_stamp_uri", sa.String(), nullable=True),
        sa.Column("quote_owner_uri", sa.String(), nullable=True),
        sa.Column("quote_checked_ms", sa.BigInteger(), nullable=True),
        sa.Column("pinned_ms", sa.BigInteger(), nullable=True),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=True),
        sa.Column("disclosure", sa.String(), nullable=False),
        sa.Column("app", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("remix_policy", sa.String(), nullable=False),
        sa.Column("emojis", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["actor.id"], name=op.f("fk_post_author_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["in_reply_to_id"], ["post.id"], name=op.f("fk_post_in_reply_to_id_post"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("author_id", "client_key", name=op.f("uq_post_author_id_client_key")),
        sa.UniqueConstraint("uri", name=op.f("uq_post_uri")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index("ix_post_author", ["author_id", "state", "id", "visibility"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_context_uri"), ["context_uri"], unique=False)
        batch_op.create_index("ix_post_timeline", ["state", "visibility", "id"], unique=False)
        batch_op.create_index("ix_post_local", ["local", "state", "id"], unique=False)
        for name in ("in_reply_to_uri", "in_reply_to_id", "quote_uri", "quote_stamp_uri"):
            some = sa.text(f"{name} IS NOT NULL")
            batch_op.create_index(f"ix_post_{name}", [name], unique=False, sqlite_where=some, postgresql_where=some)

    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("thumbnail", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("blurhash", sa.String(), nullable=True),
        sa.Column("pdq", sa.String(), nullable=True),
        sa.Column("focus_x", sa.Float(), nullable=False),
        sa.Column("focus_y", sa.Float(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("alt_draft", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("digital_source_type", sa.String(), nullable=True),
        sa.Column("recipe", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_attachment_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_file"), ["file"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_thumbnail"), ["thumbnail"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("small_name", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("blurhash", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("focus_x", sa.Float(), nullable=False),
        sa.Column("focus_y", sa.Float(), nullable=False),
        sa.Column("claims_ai", sa.Boolean(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("former_id", sa.BigInteger(), nullable=True),
        sa.Column("recipe", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("digital_source_type", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_upload_actor_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["former_id"], ["post.id"], name=op.f("fk_upload_former_id_post"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_upload_post_id_post"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index("ix_upload_actor", ["actor_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_created_ms"), ["created_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_file_name"), ["file_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_small_name"), ["small_name"], unique=False)

    op.create_table(
        "lineage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_uri", sa.String(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["post.id"], name=op.f("fk_lineage_parent_id_post"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_lineage_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineage")),
        sa.UniqueConstraint("post_id", "parent_uri", name=op.f("uq_lineage_post_id_parent_uri")),
    )
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lineage_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lineage_parent_uri"), ["parent_uri"], unique=False)

    op.create_table(
        "training_consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_training_consent_post_id_post"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_consent")),
    )
    with op.batch_alter_table("training_consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_consent_post_id"), ["post_id"], unique=False)

    op.create_table(
        "addressed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("activity_uri", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_addressed_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addressed")),
        sa.UniqueConstraint("actor_id", "activity_uri", name=op.f("uq_addressed_actor_id_activity_uri")),
    )
    with op.batch_alter_table("addressed", schema=None) as batch_op:
        batch_op.create_index("ix_addressed_uri", ["activity_uri"], unique=False)

    op.create_table(
        "bookmark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_bookmark_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_bookmark_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
        sa.UniqueConstraint("actor_id", "post_id", name=op.f("uq_bookmark_actor_id_post_id")),
    )
    with op.batch_alter_table("bookmark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bookmark_post_id"), ["post_id"], unique=False)

    op.create_table(
        "conversation_mute",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("context_uri", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_conversation_mute_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_mute")),
        sa.UniqueConstraint("actor_id", "context_uri", name=op.f("uq_conversation_mute_actor_id_context_uri")),
    )

    op.create_table(
        "emoji",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emoji")),
        sa.UniqueConstraint("host", "name", name=op.f("uq_emoji_host_name")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("inbox_url", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_delivery_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("activity_id", "inbox_url", name=op.f("uq_delivery_activity_id_inbox_url")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_host", ["host", "state", "id"], unique=False)
        batch_op.create_index("ix_delivery_state", ["state", "host"], unique=False)

    op.create_table(
        "judgement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("digests", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("findings", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_judgement_decided_by_id_account")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_judgement_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judgement_post_id"), ["post_id"], unique=False)

    op.create_table(
        "app",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("redirect_uris", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("refreshes", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=True),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app")),
        sa.UniqueConstraint("client_id", name=op.f("uq_app_client_id")),
    )
    with op.batch_alter_table("app", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_used_ms"), ["used_ms"], unique=False)

    op.create_table(
        "authorization_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_authorization_code_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["app.id"], name=op.f("fk_authorization_code_app_id_app"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_authorization_code_code_hash")),
    )
    with op.batch_alter_table("authorization_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_authorization_code_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_authorization_code_app_id"), ["app_id"], unique=False)

    op.create_table(
        "login",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_login_secret_hash")),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_account_id"), ["account_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_notification_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["actor.id"], name=op.f("fk_notification_from_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_notification_post_id_post"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("actor_id", "kind", "cause", name=op.f("uq_notification_actor_id_kind_cause")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index("ix_notification_actor", ["actor_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_from_id"), ["from_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_post_id"), ["post_id"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("alts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("disclosure", sa.String(), nullable=True),
        sa.Column("files", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_revision_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revision_post_id"), ["post_id"], unique=False)

    op.create_table(
        "post_tag",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_tag_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "name", name=op.f("pk_post_tag")),
    )
    with op.batch_alter_table("post_tag", schema=None) as batch_op:
        batch_op.create_index("ix_post_tag_name", ["name", "post_id"], unique=False)

    op.create_table(
        "reaction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("emoji", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_reaction_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_reaction_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
        sa.UniqueConstraint("actor_id", "post_id", "kind", name=op.f("uq_reaction_actor_id_post_id_kind")),
    )
    with op.batch_alter_table("reaction", schema=None) as batch_op:
        batch_op.create_index("ix_reaction_actor", ["actor_id", "kind", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reaction_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reaction_uri"), ["uri"], unique=False)

    op.create_table(
        "token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("app_id", sa.BigInteger(), nullable=True),
        sa.Column("code_id", sa.BigInteger(), nullable=True),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("refresh_hash", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("fk_token_app_id_app"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("refresh_hash", name=op.f("uq_token_refresh_hash")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_token_secret_hash")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_token_app_id"), ["app_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_token_code_id"), ["code_id"], unique=False)

    op.create_table(
        "quote_stamp",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("interacting_uri", sa.String(), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_quote_stamp_post_id_post"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["actor.id"], name=op.f("fk_quote_stamp_requester_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_stamp")),
        sa.UniqueConstraint(
            "post_id",
            "interacting_uri",
            "requester_id",
            name=op.f("uq_quote_stamp_post_id_interacting_uri_requester_id"),
        ),
    )
    with op.batch_alter_table("quote_stamp", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quote_stamp_requester_id"), ["requester_id"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger(), nullable=True),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("posts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("others", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("forwarded", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["actor.id"], name=op.f("fk_report_reporter_id_actor"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["actor.id"], name=op.f("fk_report_target_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["account.id"], name=op.f("fk_report_closed_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index("ix_report_state", ["state", "id"], unique=False)
        batch_op.create_index("ix_report_target", ["target_id", "host", "state"], unique=False)

    op.create_table(
        "domain_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("reject_media", sa.Boolean(), nullable=False),
        sa.Column("reject_reports", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("public_comment", sa.String(), nullable=False),
        sa.Column("obfuscate", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_domain_rule_created_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["account.id"], name=op.f("fk_domain_rule_undone_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_rule")),
    )
    with op.batch_alter_table("domain_rule", schema=None) as batch_op:
        batch_op.create_index(
            "uq_domain_rule_host",
            ["host"],
            unique=True,
            sqlite_where=sa.text("undone_ms IS NULL"),
            postgresql_where=sa.text("undone_ms IS NULL"),
        )

    op.create_table(
        "actor_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_actor_rule_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_actor_rule_created_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["account.id"], name=op.f("fk_actor_rule_undone_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor_rule")),
    )
    with op.batch_alter_table("actor_rule", schema=None) as batch_op:
        batch_op.create_index(
            "uq_actor_rule_actor_id",
            ["actor_id"],
            unique=True,
            sqlite_where=sa.text("undone_ms IS NULL"),
            postgresql_where=sa.text("undone_ms IS NULL"),
        )

    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("waits", sa.Integer(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_tries")),
    )
    op.create_table(
        "remote_copy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("thumbnail", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_copy")),
        sa.UniqueConstraint("kind", "owner_id", name=op.f("uq_remote_copy_kind_owner_id")),
    )
    with op.batch_alter_table("remote_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remote_copy_fetched_ms"), ["fetched_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_copy_file"), ["file"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_copy_used_ms"), ["used_ms"], unique=False)

    op.create_table(
        "severed_follow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("follower_id", sa.BigInteger(), nullable=False),
        sa.Column("followed_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("severed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["followed_id"], ["actor.id"], name=op.f("fk_severed_follow_followed_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["actor.id"], name=op.f("fk_severed_follow_follower_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severed_follow")),
        sa.UniqueConstraint("follower_id", "followed_id", name=op.f("uq_severed_follow_follower_id_followed_id")),
    )
    with op.batch_alter_table("severed_follow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_severed_follow_followed_id"), ["followed_id"], unique=False)

    op.create_table(
        "policy_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )

    op.create_table(
        "appeal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("judgement_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_appeal_actor_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_appeal_decided_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["judgement_id"], ["judgement.id"], name=op.f("fk_appeal_judgement_id_judgement"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_appeal_post_id_post"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_appeal_revision_id_revision"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("judgement_id", name=op.f("uq_appeal_judgement_id")),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeal_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeal_post_id"), ["post_id"], unique=False)
        batch_op.create_index("ix_appeal_state", ["state", "id"], unique=False)

    op.create_table(
        "known_picture",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["account.id"], name=op.f("fk_known_picture_added_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_picture")),
    )
    with op.batch_alter_table("known_picture", schema=None) as batch_op:
        batch_op.create_index("ix_known_picture_hash", ["hash"], unique=True)

    op.create_table(
        "reading_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("replies", sa.String(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_reading_list_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_list")),
    )
    with op.batch_alter_table("reading_list", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_list_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "list_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["reading_list.id"], name=op.f("fk_list_member_list_id_reading_list"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["actor.id"], name=op.f("fk_list_member_member_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_member")),
        sa.UniqueConstraint("list_id", "member_id", name=op.f("uq_list_member_list_id_member_id")),
    )
    with op.batch_alter_table("list_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_member_member_id"), ["member_id"], unique=False)

    op.create_table(
        "filter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("contexts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_filter_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter")),
    )
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filter_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "filter_keyword",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("filter_id", sa.BigInteger(), nullable=False),
        sa.Column("keyword", sa.String(), nullable=False),
        sa.Column("whole_word", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filter.id"], name=op.f("fk_filter_keyword_filter_id_filter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_keyword")),
    )
    with op.batch_alter_table("filter_keyword", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filter_keyword_filter_id"), ["filter_id"], unique=False)

    op.create_table(
        "filter_post",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("filter_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filter.id"], name=op.f("fk_filter_post_filter_id_filter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_filter_post_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_post")),
        sa.UniqueConstraint("filter_id", "post_id", name=op.f("uq_filter_post_filter_id_post_id")),
    )
    with op.batch_alter_table("filter_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filter_post_post_id"), ["post_id"], unique=False)

    op.create_table(
        "marker",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("timeline", sa.String(), nullable=False),
        sa.Column("last_read_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_marker_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marker")),
        sa.UniqueConstraint("actor_id", "timeline", name=op.f("uq_marker_actor_id_timeline")),
    )

    op.create_table(
        "tag_follow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_tag_follow_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_follow")),
        sa.UniqueConstraint("actor_id", "name", name=op.f("uq_tag_follow_actor_id_name")),
    )
    with op.batch_alter_table("tag_follow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_follow_name"), ["name"], unique=False)

    op.create_table(
        "endorsement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_id"], ["actor.id"], name=op.f("fk_endorsement_about_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_endorsement_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsement")),
        sa.UniqueConstraint("actor_id", "about_id", name=op.f("uq_endorsement_actor_id_about_id")),
    )
    with op.batch_alter_table("endorsement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_endorsement_about_id"), ["about_id"], unique=False)

    op.create_table(
        "own_collection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_own_collection_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_collection")),
    )
    with op.batch_alter_table("own_collection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_own_collection_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "own_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["own_collection.id"],
            name=op.f("fk_own_item_collection_id_own_collection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_item")),
        sa.UniqueConstraint("collection_id", "uri", name=op.f("uq_own_item_collection_id_uri")),
    )
    op.create_table(
        "silenced_host",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_silenced_host_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silenced_host")),
        sa.UniqueConstraint("actor_id", "host", name=op.f("uq_silenced_host_actor_id_host")),
    )

    op.create_table(
        "account_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_account_note_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["about_id"], ["actor.id"], name=op.f("fk_account_note_about_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_note")),
        sa.UniqueConstraint("actor_id", "about_id", name=op.f("uq_account_note_actor_id_about_id")),
    )
    with op.batch_alter_table("account_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_note_about_id"), ["about_id"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("context_uri", sa.String(), nullable=False),
        sa.Column("last_post_id", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_conversation_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["last_post_id"], ["post.id"], name=op.f("fk_conversation_last_post_id_post"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("actor_id", "context_uri", name=op.f("uq_conversation_actor_id_context_uri")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_last_post_id"), ["last_post_id"], unique=False)
        batch_op.create_index("ix_conversation_newest", ["actor_id", "last_post_id"], unique=False)

    op.create_table(
        "reader_dial",
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("ai", sa.String(), nullable=False),
        sa.Column("chosen_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_reader_dial_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_reader_dial")),
    )

    op.create_table(
        "featured_tag",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_featured_tag_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_featured_tag")),
        sa.UniqueConstraint("actor_id", "name", name=op.f("uq_featured_tag_actor_id_name")),
    )

    op.create_table(
        "turn",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("generator", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=True),
        sa.Column("preview", sa.LargeBinary(), nullable=True),
        sa.Column("previewed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["actor.id"], name=op.f("fk_turn_author_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_turn_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_turn")),
    )
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_turn_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_turn_generator", ["generator", "number"], unique=False)

    op.create_table(
        "usage",
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("generator", sa.String(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("watt_hours", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_usage_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("actor_id", "day", "generator", name=op.f("pk_usage")),
    )

    op.create_table(
        "stop",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_stop")),
    )
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_account_id"), ["account_id"], unique=False)

    op.create_table(
        "data_import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("overwrite", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_data_import_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_import")),
    )
    with op.batch_alter_table("data_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_import_account_id"), ["account_id"], unique=False)

    op.create_table(
        "data_import_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("options", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["data_import.id"], name=op.f("fk_data_import_row_import_id_data_import"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_import_row")),
    )
    with op.batch_alter_table("data_import_row", schema=None) as batch_op:
        batch_op.create_index("ix_data_import_row_state", ["import_id", "state", "id"], unique=False)

    op.create_table(
        "archive",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ready_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_archive_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
    )
    with op.batch_alter_table("archive", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_account_id"), ["account_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("before", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("after", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_audit_entry_undoes_id")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_about", ["about_id"], unique=False)
        batch_op.create_index("ix_audit_entry_subject", ["subject_id", "id"], unique=False)

    op.create_table(
        "opt_out",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_opt_out_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_out")),
        sa.UniqueConstraint("actor_id", name=op.f("uq_opt_out_actor_id")),
    )
    op.create_table(
        "docket",
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assigned_id", sa.BigInteger(), nullable=True),
        sa.Column("escalated_ms", sa.BigInteger(), nullable=True),
        sa.Column("escalated_why", sa.String(), nullable=False),
        sa.Column("first_verb", sa.String(), nullable=False),
        sa.Column("first_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assigned_id"], ["account.id"], name=op.f("fk_docket_assigned_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["first_by_id"], ["account.id"], name=op.f("fk_docket_first_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_docket")),
    )
    op.create_table(
        "legal_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("urls", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("post_ids", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("claims", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("taken_down", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("hashes", sa.Integer(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_legal_notice_decided_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_notice")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_legal_notice_secret_hash")),
    )
    with op.batch_alter_table("legal_notice", schema=None) as batch_op:
        batch_op.create_index("ix_legal_notice_state", ["state", "due_ms"], unique=False)

    op.create_table(
        "measure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("automated", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("objection", sa.String(), nullable=False),
        sa.Column("objected_ms", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_measure_actor_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_measure_by_id_account"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sa.UniqueConstraint("secret", name=op.f("uq_measure_secret")),
    )
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.create_index("ix_measure_actor", ["actor_id", "kind"], unique=False)
        batch_op.create_index("ix_measure_post", ["post_id", "kind"], unique=False)

    op.create_table(
        "moderator_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_moderator_note_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderator_note")),
    )
    with op.batch_alter_table("moderator_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderator_note_subject_id"), ["subject_id"], unique=False)

    # The audit log only grows: the database itself refuses to change or delete its rows.
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry "
            "FOR EACH ROW EXECUTE FUNCTION audit_entry_only_grows()"
        )


def downgrade() -> None:
    with op.batch_alter_table("moderator_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderator_note_subject_id"))

    op.drop_table("moderator_note")
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.drop_index("ix_measure_post")
        batch_op.drop_index("ix_measure_actor")

    op.drop_table("measure")
    with op.batch_alter_table("legal_notice", schema=None) as batch_op:
        batch_op.drop_index("ix_legal_notice_state")

    op.drop_table("legal_notice")
    op.drop_table("docket")
    op.drop_table("opt_out")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_subject")
        batch_op.drop_index("ix_audit_entry_about")

    op.drop_table("audit_entry")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_entry_only_grows()")

    with op.batch_alter_table("archive", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_account_id"))

    op.drop_table("archive")
    with op.batch_alter_table("data_import_row", schema=None) as batch_op:
        batch_op.drop_index("ix_data_import_row_state")

    op.drop_table("data_import_row")
    with op.batch_alter_table("data_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_import_account_id"))

    op.drop_table("data_import")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_account_id"))

    op.drop_table("recovery_code")
    op.drop_table("stop")
    op.drop_table("second_factor")
    op.drop_table("usage")
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.drop_index("ix_turn_generator")
        batch_op.drop_index(batch_op.f("ix_turn_author_id"))

    op.drop_table("turn")
    op.drop_table("featured_tag")
    op.drop_table("reader_dial")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_newest")
        batch_op.drop_index(batch_op.f("ix_conversation_last_post_id"))

    op.drop_table("conversation")
    with op.batch_alter_table("account_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_note_about_id"))

    op.drop_table("account_note")
    op.drop_table("silenced_host")
    with op.batch_alter_table("tag_follow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tag_follow_name"))

    op.drop_table("tag_follow")
    with op.batch_alter_table("endorsement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_endorsement_about_id"))

    op.drop_table("endorsement")
    op.drop_table("own_item")
    with op.batch_alter_table("own_collection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_own_collection_actor_id"))

    op.drop_table("own_collection")
    op.drop_table("marker")
    with op.batch_alter_table("filter_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_filter_post_post_id"))

    op.drop_table("filter_post")
    with op.batch_alter_table("filter_keyword", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_filter_keyword_filter_id"))

    op.drop_table("filter_keyword")
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_filter_actor_id"))

    op.drop_table("filter")
    with op.batch_alter_table("list_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_list_member_member_id"))

    op.drop_table("list_member")
    with op.batch_alter_table("reading_list", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reading_list_actor_id"))

    op.drop_table("reading_list")
    with op.batch_alter_table("known_picture", schema=None) as batch_op:
        batch_op.drop_index("ix_known_picture_hash")

    op.drop_table("known_picture")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_index("ix_appeal_state")
        batch_op.drop_index(batch_op.f("ix_appeal_post_id"))
        batch_op.drop_index(batch_op.f("ix_appeal_actor_id"))

    op.drop_table("appeal")
    op.drop_table("policy_version")
    with op.batch_alter_table("severed_follow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_severed_follow_followed_id"))

    op.drop_table("severed_follow")
    with op.batch_alter_table("remote_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_copy_used_ms"))
        batch_op.drop_index(batch_op.f("ix_remote_copy_file"))
        batch_op.drop_index(batch_op.f("ix_remote_copy_fetched_ms"))

    op.drop_table("remote_copy")
    op.drop_table("sign_in_tries")
    with op.batch_alter_table("actor_rule", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_actor_rule_actor_id",
            sqlite_where=sa.text("undone_ms IS NULL"),
            postgresql_where=sa.text("undone_ms IS NULL"),
        )

    op.drop_table("actor_rule")
    with op.batch_alter_table("domain_rule", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_domain_rule_host",
            sqlite_where=sa.text("undone_ms IS NULL"),
            postgresql_where=sa.text("undone_ms IS NULL"),
        )

    op.drop_table("domain_rule")
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index("ix_report_target")
        batch_op.drop_index("ix_report_state")

    op.drop_table("report")
    with op.batch_alter_table("quote_stamp", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quote_stamp_requester_id"))

    op.drop_table("quote_stamp")
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_token_code_id"))
        batch_op.drop_index(batch_op.f("ix_token_app_id"))
        batch_op.drop_index(batch_op.f("ix_token_account_id"))

    op.drop_table("token")
    with op.batch_alter_table("reaction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reaction_uri"))
        batch_op.drop_index(batch_op.f("ix_reaction_post_id"))
        batch_op.drop_index("ix_reaction_actor")

    op.drop_table("reaction")
    with op.batch_alter_table("post_tag", schema=None) as batch_op:
        batch_op.drop_index("ix_post_tag_name")

    op.drop_table("post_tag")
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revision_post_id"))

    op.drop_table("revision")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notification_post_id"))
        batch_op.drop_index(batch_op.f("ix_notification_from_id"))
        batch_op.drop_index("ix_notification_actor")

    op.drop_table("notification")
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_account_id"))

    op.drop_table("login")
    with op.batch_alter_table("authorization_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authorization_code_app_id"))
        batch_op.drop_index(batch_op.f("ix_authorization_code_account_id"))

    op.drop_table("authorization_code")
    with op.batch_alter_table("app", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_app_used_ms"))

    op.drop_table("app")
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_judgement_post_id"))

    op.drop_table("judgement")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_state")
        batch_op.drop_index("ix_delivery_host")

    op.drop_table("delivery")
    op.drop_table("emoji")
    op.drop_table("conversation_mute")
    with op.batch_alter_table("bookmark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bookmark_post_id"))

    op.drop_table("bookmark")
    with op.batch_alter_table("addressed", schema=None) as batch_op:
        batch_op.drop_index("ix_addressed_uri")

    op.drop_table("addressed")
    with op.batch_alter_table("training_consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_consent_post_id"))

    op.drop_table("training_consent")
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lineage_parent_uri"))
        batch_op.drop_index(batch_op.f("ix_lineage_parent_id"))

    op.drop_table("lineage")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upload_small_name"))
        batch_op.drop_index(batch_op.f("ix_upload_post_id"))
        batch_op.drop_index(batch_op.f("ix_upload_file_name"))
        batch_op.drop_index(batch_op.f("ix_upload_created_ms"))
        batch_op.drop_index("ix_upload_actor")

    op.drop_table("upload")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_thumbnail"))
        batch_op.drop_index(batch_op.f("ix_attachment_post_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_file"))

    op.drop_table("attachment")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index("ix_post_local")
        batch_op.drop_index("ix_post_timeline")
        batch_op.drop_index("ix_post_quote_uri")
        batch_op.drop_index("ix_post_quote_stamp_uri")
        batch_op.drop_index("ix_post_in_reply_to_uri")
        batch_op.drop_index("ix_post_in_reply_to_id")
        batch_op.drop_index(batch_op.f("ix_post_context_uri"))
        batch_op.drop_index("ix_post_author")

    op.drop_table("post")
    op.drop_table("mute")
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_actor_id"))

    op.drop_table("key")
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_uri"))
        batch_op.drop_index("ix_follow_followed")

    op.drop_table("follow")
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_block_uri"))
        batch_op.drop_index(batch_op.f("ix_block_blocked_id"))

    op.drop_table("block")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index("ix_activity_outbox")
        batch_op.drop_index(batch_op.f("ix_activity_object_uri"))

    op.drop_table("activity")
    op.drop_table("account")
    op.drop_table("tombstone")
    with op.batch_alter_table("received", schema=None) as batch_op:
        batch_op.drop_index("ix_received_state")

    op.drop_table("received")
    op.drop_table("host_state")
    with op.batch_alter_table("actor", schema=None) as batch_op:
        batch_op.drop_index("uq_actor_local_name", sqlite_where=sa.text("local = 1"), postgresql_where=sa.text("local"))
        batch_op.drop_index(batch_op.f("ix_actor_local"))
        batch_op.drop_index(batch_op.f("ix_actor_host"))
        batch_op.drop_index("ix_actor_handle")

    op.drop_table("actor")
