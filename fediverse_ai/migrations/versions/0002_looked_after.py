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
    _public_collections()


def downgrade() -> None:
    _no_public_collections()


def _public_collections() -> None:
    """Words beneath the name, what the gate said, and an order that its maker gives."""
    with op.batch_alter_table("own_collection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("public_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("verdict", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))
        batch_op.add_column(sa.Column("closed_ms", sa.BigInteger(), nullable=True))
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
