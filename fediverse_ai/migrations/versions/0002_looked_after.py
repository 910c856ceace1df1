"""What a server needs that others live on: invitations and requests, backups, public collections, announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _restorations()
    _observations()
    _public_collections()
    _votes()
    _aside()
    _edits()
    # Who may search a post, where its object says so (FEP-268d).
    op.add_column("post", sa.Column("searchable", sa.String(), nullable=True))
    _people()
    _passkeys()


def downgrade() -> None:
    op.drop_table("passkey")
    _no_people()
    op.drop_column("post", "searchable")
    _no_edits()
    _no_aside()
    op.drop_table("poll_vote")
    _no_public_collections()
    _no_observations()
    _no_restorations()


def _passkeys() -> None:
    """Keys that let their holders in."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_asked_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_passkey_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkey_account_id"), ["account_id"], unique=False)


def _public_collections() -> None:
    """Words beneath the name, what the gate said, and an order that its maker gives."""
    with op.batch_alter_table("own_collection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("public_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("verdict", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))
        batch_op.add_column(sa.Column("closed_ms", sa.BigInteger(), nullable=True))
    # A batch of its own: within one SQLite would copy the rows into a table without the default.
    with op.batch_alter_table("own_collection", schema=None) as batch_op:
        batch_op.alter_column("about", server_default=None)
    with op.batch_alter_table("own_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.BigInteger(), nullable=False, server_default="0"))
    # As they were read until now: the last added first.
    op.execute("UPDATE own_item SET position = id")
    with op.batch_alter_table("own_item", schema=None) as batch_op:
        batch_op.alter_column("position", server_default=None)


def _no_public_collections() -> None:
    with op.batch_alter_table("own_item", schema=None) as batch_op:
        batch_op.drop_column("position")
    with op.batch_alter_table("own_collection", schema=None) as batch_op:
        for name in ("closed_ms", "verdict", "public_ms", "about"):
            batch_op.drop_column(name)


def _observations() -> None:
    """Signs of life of the processes, and what they last saw of themselves."""
    op.create_table(
        "observation",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _no_observations() -> None:
    op.drop_table("observation")


def _people() -> None:
    """Who comes in and by whom, what everybody is told, mail that waits, and how large uploads are."""
    op.create_table(
        "setting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "announcement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("starts_ms", sa.BigInteger(), nullable=True),
        sa.Column("ends_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_announcement_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.create_index("ix_announcement_published", ["published_ms"], unique=False)

    op.create_table(
        "invite",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["account.id"], name=op.f("fk_invite_made_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invite_secret_hash")),
    )
    with op.batch_alter_table("invite", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invite_made_by_id"), ["made_by_id"], unique=False)

    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("about", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_letter_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_account_id"), ["account_id"], unique=False)

    op.create_table(
        "sign_up_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_lower", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("token", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["account.id"],
            name=op.f("fk_sign_up_request_decided_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_request")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_up_request_secret_hash")),
    )
    with op.batch_alter_table("sign_up_request", schema=None) as batch_op:
        batch_op.create_index("ix_sign_up_request_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_sign_up_request_name",
            ["name_lower"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "announcement_reaction",
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("emoji", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_announcement_reaction_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_announcement_reaction_announcement_id_announcement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", "account_id", "emoji", name=op.f("pk_announcement_reaction")),
    )
    with op.batch_alter_table("announcement_reaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_reaction_account_id"), ["account_id"], unique=False)

    op.create_table(
        "announcement_seen",
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_announcement_seen_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_announcement_seen_announcement_id_announcement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", "account_id", name=op.f("pk_announcement_seen")),
    )
    with op.batch_alter_table("announcement_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_seen_account_id"), ["account_id"], unique=False)

    op.create_table(
        "arrival",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("invite_id", sa.BigInteger(), nullable=True),
        sa.Column("invited_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_arrival_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invite_id"], ["invite.id"], name=op.f("fk_arrival_invite_id_invite"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["account.id"], name=op.f("fk_arrival_invited_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_arrival")),
    )
    with op.batch_alter_table("arrival", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_arrival_invite_id"), ["invite_id"], unique=False)
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.alter_column("size", server_default=None)


def _no_people() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("size")
    for name in (
        "arrival",
        "announcement_seen",
        "announcement_reaction",
        "sign_up_request",
        "letter",
        "invite",
        "announcement",
        "setting",
    ):
        op.drop_table(name)


def _votes() -> None:
    """What our people chose in others' polls."""
    op.create_table(
        "poll_vote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_poll_vote_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_poll_vote_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_vote")),
        sa.UniqueConstraint("actor_id", "post_id", "choice", name=op.f("uq_poll_vote_actor_id_post_id_choice")),
    )
    with op.batch_alter_table("poll_vote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_poll_vote_post_id"), ["post_id"], unique=False)


def _aside() -> None:
    """Notifications that wait until whom they are from is let in, and who was let in."""
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("aside", sa.Boolean(), nullable=False, server_default=sa.false()))
    # A batch of its own, as above.
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.alter_column("aside", server_default=None)
    op.create_index(
        "ix_notification_aside",
        "notification",
        ["actor_id", "from_id"],
        sqlite_where=sa.text("aside = 1"),
        postgresql_where=sa.text("aside"),
    )
    op.create_table(
        "let_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_let_in_actor_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["from_id"], ["actor.id"], name=op.f("fk_let_in_from_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_let_in")),
        sa.UniqueConstraint("actor_id", "from_id", name=op.f("uq_let_in_actor_id_from_id")),
    )
    with op.batch_alter_table("let_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_let_in_from_id"), ["from_id"], unique=False)


def _no_aside() -> None:
    op.drop_table("let_in")
    op.drop_index("ix_notification_aside", table_name="notification")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_column("aside")


def _edits() -> None:
    """An edit may change the language and the focal points."""
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "focus", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default=sa.text("'{}'")
            )
        )
    # A batch of its own, as above.
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.alter_column("focus", server_default=None)


def _no_edits() -> None:
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_column("focus")
        batch_op.drop_column("language")


def _restorations() -> None:
    """Days on which the server was brought back, and finding what was deleted lately."""
    op.create_table(
        "restoration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("backup", sa.String(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("floor_ms", sa.BigInteger(), nullable=False),
        sa.Column("ahead_ms", sa.BigInteger(), nullable=False),
        sa.Column("restored_ms", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("follows", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_id", sa.BigInteger(), nullable=False),
        sa.Column("reconciled_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restoration")),
    )
    for table in ("post", "actor"):
        some = sa.text("deleted_ms IS NOT NULL")
        op.create_index(
            f"ix_{table}_deleted_ms", table, ["deleted_ms"], unique=False, sqlite_where=some, postgresql_where=some
        )


def _no_restorations() -> None:
    for table in ("post", "actor"):
        op.drop_index(f"ix_{table}_deleted_ms", table_name=table)
    op.drop_table("restoration")
