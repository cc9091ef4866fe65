"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("schemes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tenant")),
    )
    op.create_table(
        "authority",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_authority")),
    )
    op.create_table(
        "record",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("head_body", sa.LargeBinary(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("not_after", sa.BigInteger(), nullable=True),
        sa.Column("cache_s", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "ref", name=op.f("pk_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "version",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("ver", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority", "ref"], ["record.authority", "record.ref"], name=op.f("fk_version_record")
        ),
        sa.PrimaryKeyConstraint("authority", "ref", "ver", name=op.f("pk_version")),
    )
    op.create_table(
        "alias",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "ref", name=op.f("pk_alias")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_alias_authority_record"), "alias", ["authority", "record"], unique=False)
    op.create_table(
        "gs1_key",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "path", name=op.f("pk_gs1_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_gs1_key_authority_record"), "gs1_key", ["authority", "record"], unique=False)
    op.create_table(
        "quota",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("max", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("per_claimant", sa.Integer(), nullable=True),
        sa.Column("window", sa.Integer(), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["authority", "ref"], ["record.authority", "record.ref"], name=op.f("fk_quota_record")),
        sa.PrimaryKeyConstraint("authority", "ref", name=op.f("pk_quota")),
    )
    op.create_table(
        "reveal",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["authority", "ref"], ["quota.authority", "quota.ref"], name=op.f("fk_reveal_quota")),
        sa.PrimaryKeyConstraint("authority", "ref", "ordinal", name=op.f("pk_reveal")),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.Column("claimant", sa.Text(), nullable=True),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("reveal", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["authority", "ref"], ["record.authority", "record.ref"], name=op.f("fk_claim_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("api_key", "idem_key", name=op.f("uq_claim_api_key_idem_key")),
    )
    op.create_index(op.f("ix_claim_authority_ref_claimant"), "claim", ["authority", "ref", "claimant"], unique=False)
    op.create_index(op.f("ix_claim_authority_ref_ordinal"), "claim", ["authority", "ref", "ordinal"], unique=False)
    op.create_table(
        "scan_count",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("alias", sa.LargeBinary(), nullable=False),
        sa.Column("rel", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority", "ref"], ["record.authority", "record.ref"], name=op.f("fk_scan_count_record")
        ),
        sa.PrimaryKeyConstraint("authority", "ref", "alias", "rel", "hour", "shard", name=op.f("pk_scan_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "seq", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_key",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("expiry", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_api_key")),
    )


def downgrade() -> None:
    op.drop_table("api_key")
    op.drop_table("event")
    op.drop_table("scan_count")
    op.drop_table("claim")
    op.drop_table("reveal")
    op.drop_table("quota")
    op.drop_table("gs1_key")
    op.drop_table("alias")
    op.drop_table("version")
    op.drop_table("record")
    op.drop_table("authority")
    op.drop_table("tenant")
