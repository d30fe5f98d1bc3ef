"""The tables. Portable: times are BIGINT milliseconds UTC, states TEXT with CHECK, JSON is TEXT, no booleans.

Applied revisions under `db/migrations` never change; a test holds this module to their sum.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from db.engine import NEVER_REUSE_IDS, ROW_ID, only_where
from db.states import DeliveryState, Outcome, Rung, TaskState

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


songs = Table(
    "songs",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, unique=True),
    Column("title", Text, nullable=False),
    Column("next_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    **NEVER_REUSE_IDS,
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("song_id", ROW_ID, ForeignKey("songs.id"), nullable=False),
    Column("version", Integer),
    Column("parent_clip_id", ROW_ID),  # a clip's row id; clips refer to tasks, and a circle of keys is not portable
    Column("requester_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("locale", Text, nullable=False),
    Column("interaction_id", BigInteger, nullable=False, unique=True),
    Column("interaction_token", Text),
    Column("card_channel_id", BigInteger),
    Column("card_message_id", BigInteger),
    Column("card_wanted", Integer, nullable=False, default=0),
    Column("card_shown", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("lease_token", Text),
    Column("lease_until", BigInteger),
    Column("cancel_requested_at", BigInteger),
    Column("error", Text),
    Column("result", Text),
    Column("key_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    UniqueConstraint("song_id", "version"),
    _one_of("state", TaskState),
    Index(None, "state", "due_at"),
    Index(None, "requester_id", "id"),
    Index(None, "guild_id", "id"),
    **NEVER_REUSE_IDS,
)

Index("ix_tasks_stale_cards", tasks.c.id, **only_where(tasks.c.card_shown < tasks.c.card_wanted))

submissions = Table(
    "submissions",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("task_id", ROW_ID, ForeignKey("tasks.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("watermark", Text),
    Column("outcome", Text),
    Column("api_task_id", Text, unique=True),
    Column("hinted_task_id", Text),
    Column("missed_at", BigInteger),
    UniqueConstraint("task_id", "attempt"),
    _one_of("outcome", Outcome),
    Index(None, "started_at"),
    **NEVER_REUSE_IDS,
)

Index("ix_submissions_unknown", submissions.c.id, **only_where(submissions.c.outcome == Outcome.UNKNOWN))

clips = Table(
    "clips",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("clip_id", Text, nullable=False, unique=True),
    Column("task_id", ROW_ID, ForeignKey("tasks.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("item", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("expire_at", BigInteger, nullable=False),
    Column("parent_clip_id", ROW_ID, ForeignKey("clips.id")),
    Column("change", Text),
    Column("changed", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("task_id", "position"),
    **NEVER_REUSE_IDS,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("task_id", ROW_ID, ForeignKey("tasks.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("clip_id", ROW_ID, ForeignKey("clips.id")),
    Column("rung", Text, nullable=False),
    Column("channel_id", BigInteger),
    Column("nonce", Text),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("first_try_at", BigInteger),
    Column("last_try_at", BigInteger),
    Column("attempts", Integer, nullable=False, default=0),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("message_id", BigInteger),
    Column("lease_token", Text),
    Column("lease_until", BigInteger),
    UniqueConstraint("task_id", "part", "kind"),
    _one_of("state", DeliveryState),
    _one_of("rung", Rung),
    Index(None, "state", "due_at"),
    Index(None, "message_id"),
    **NEVER_REUSE_IDS,
)

singers = Table(
    "singers",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("persona_id", Text, nullable=False, unique=True),
    Column("home", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("clip_id", ROW_ID, ForeignKey("clips.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("home", "name_key"),
    **NEVER_REUSE_IDS,
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

upload_limits = Table(
    "upload_limits",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),  # 0: private messages
    Column("max_bytes", BigInteger, nullable=False),
    Column("learned_at", BigInteger, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
