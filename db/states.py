"""The words a row's state may hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class TaskState(StrEnum):
    """Where a task stands. `ENDED` ones are over; of `UNKNOWN` and `ASKING` ones nobody can tell."""

    ACCEPTED = "accepted"
    """Stored; its card is not known to exist, so it may not cost money yet."""
    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    EXPIRED = "expired"
    """Told to have taken too long; still adopted if it ends within a day."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The submit may or may not have taken effect, so it is never repeated by itself."""
    ASKING = "asking"
    CANCELLED = "cancelled"
    CLOSED = "closed"


ENDED = frozenset(
    {
        TaskState.FINISHED,
        TaskState.FAILED,
        TaskState.EXPIRED,
        TaskState.REFUSED,
        TaskState.CANCELLED,
        TaskState.CLOSED,
    }
)
OUTSTANDING = frozenset(TaskState) - ENDED
UNSETTLED = frozenset({TaskState.UNKNOWN, TaskState.ASKING})
"""Nobody can tell whether it was made, and so whether it was paid."""
ADOPTABLE = UNSETTLED | {TaskState.CLOSED, TaskState.REFUSED}
"""From where a task goes on once what its submission made is found: also after its member gave it up, or a second
submission, by consent, was refused."""
POLLED = frozenset({TaskState.RUNNING, TaskState.EXPIRED})
"""What MusicMint works on for us. Expired ones count: they may end yet."""


class Outcome(StrEnum):
    """How one submission was answered."""

    CREATED = "created"
    NOT_CREATED = "not_created"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class DeliveryState(StrEnum):
    """Where an outbox row stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    KEPT = "kept"
    """No place on Discord would take it; it stays with the task."""


class Rung(StrEnum):
    """The ladder of places a delivery steps down, on definite refusals only."""

    THREAD = "thread"
    CHANNEL = "channel"
    DIRECT = "direct"


class ClipChange(StrEnum):
    """What a clip did to the clip it came from."""

    EXTENDED = "extended"
    COVERED = "covered"
    REMASTERED = "remastered"
    REPLACED = "replaced"
    SUNG = "sung"
    """Vocals were added."""
    BACKED = "backed"
    """A band was added."""
    HUMMED = "hummed"
    """Made from an uploaded melody."""
    JOINED = "joined"
    """The full-length song."""
    REVISED = "revised"
    """Written anew with other words or another style."""


MOST_FAULTS: Final = 5
"""A row that failed so often in ways nobody foresaw is parked: left as it is, and shown to the operator."""
MOST_DEATHS: Final = 30
"""So often in a row the process may die while it sends a row before that row is parked too. Far more than faults of its
own: a death hits all that is under way, and who is killed again and again by something else has no poison in it."""
