"""Looks at a run at rest: what was paid by the studio's ledger, what stands on the local Discord, what the rows say."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from db.states import TaskState
from sandbox.discord.model.entities import Message
from sandbox.studio.ledger import LedgerLine
from tests.faults.discord_world import Shown
from tests.faults.messenger_port import custom_ids
from tests.faults.play import Intent, Play, Row

TOLD: Final = frozenset(
    {
        TaskState.FAILED,
        TaskState.REFUSED,
        TaskState.EXPIRED,
        TaskState.CANCELLED,
        TaskState.ASKING,
        TaskState.CLOSED,
    }
)
"""The ends without a song that count, where the card says so."""
UNPAID: Final = frozenset({TaskState.REFUSED, TaskState.CANCELLED})
"""Ends that say that nothing was made."""
ON_ITS_CARD: Final = frozenset({"lyrics", "persona"})
"""What brings no message."""
NOTHING: Final = Shown("nothing: somebody has deleted it", kept=False)

MARK: Final = re.compile(r"intent-(\d+)\b")
EXPORT_MARKER: Final = re.compile(r"v\d+[a-z0-9]*-(?:vocals|midi|wav|karaoke|waveform)-[a-z2-7]{8}")


@dataclass(slots=True)
class Verdict:
    """What was found, one line each."""

    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    charged: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.charged or self.posted)


def judge(play: Play) -> Verdict:
    """The verdict over a run at rest."""
    verdict = Verdict(acknowledged=sum(intent.card_id is not None for intent in play.intents))
    for intent in play.intents:
        if intent.card_id is not None and (why := _lost(play, intent, intent.card_id)) is not None:
            verdict.lost.append(f"{intent.mark} ({intent.kind}): {why}")
    if play.stuck and not verdict.lost:
        verdict.lost.append(play.stuck)
    verdict.charged += _charged(play)
    verdict.posted += _posted(play.discord.standing())
    verdict.posted += [
        f"{mark} was posted anew {count} times"
        for mark, count in Counter(play.discord.anew.values()).items()
        if count > 1
    ]
    return verdict


# -- lost -------------------------------------------------------------------------------------------------------------


def _lost(play: Play, intent: Intent, card_id: str) -> str | None:
    """Why an acknowledged intent is lost; None where it is accounted for."""
    found = play.rows("SELECT * FROM tasks WHERE interaction_id = ?", int(intent.interaction_id))
    if not found:
        return "its card stands and it has no row"
    task = found[0]
    card_id = str(task["card_message_id"] or card_id)
    shown = play.discord.shown[card_id] if play.discord.stands(card_id) else NOTHING
    if task["state"] == TaskState.FINISHED:
        if task["kind"] in ON_ITS_CARD and shown.state != task["state"]:
            return f"what it brought is on its card alone, and that says {shown.state}"
        return _undelivered(play, task, kept_is_told=shown.kept)
    if task["state"] not in TOLD:
        return f"it stays {task['state']}"
    if shown.state != task["state"]:
        return f"it is {task['state']} and its card says {shown.state}"
    made = play.rows("SELECT * FROM submissions WHERE task_id = ? AND api_task_id NOTNULL", task["id"])
    if task["state"] in UNPAID and made:
        return f"it is {task['state']} and MusicMint made {made[0]['api_task_id']}"
    if task["state"] == TaskState.CANCELLED and _in_doubt(play, task):
        return "it is cancelled, and nobody looks for what a submission of it may have made"
    return None


def _in_doubt(play: Play, task: Row) -> bool:
    """Not where a later one was answered: a hummed upload that was sent twice has what it needs."""
    last = play.rows("SELECT outcome FROM submissions WHERE task_id = ? ORDER BY id DESC", task["id"])
    outcomes = [row["outcome"] for row in last]
    return "unknown" in outcomes and "created" not in outcomes[: outcomes.index("unknown")]


def _undelivered(play: Play, task: Row, *, kept_is_told: bool) -> str | None:
    """Why a finished task is not with its members."""
    if task["cancel_requested_at"] is not None:
        return None if kept_is_told or task["kind"] == "persona" else "it was kept and its card does not say so"
    promised = play.rows("SELECT * FROM deliveries WHERE task_id = ? AND kind != 'card'", task["id"])
    missing = _brought(play, task) - len(promised)
    if missing:
        return f"{missing} of what it brought was never promised"
    for row in promised:
        if row["state"] == "kept" and not kept_is_told:
            return "a delivery was kept and its card does not say so"
        if row["state"] == "delivered" and not _arrived(play, row):
            return f"delivery {row['id']} counts as delivered and never stood on Discord"
        if row["state"] not in ("kept", "delivered"):
            return f"delivery {row['id']} stays {row['state']}"
    return None


def _brought(play: Play, task: Row) -> int:
    """How many messages MusicMint's answer is worth; by the studio's own word for what it made."""
    if task["kind"] in ON_ITS_CARD:
        return 0
    made = play.rows("SELECT api_task_id FROM submissions WHERE task_id = ? AND api_task_id NOTNULL", task["id"])
    return len(play.studio.studio.task(made[-1]["api_task_id"]).clips) if made else 1


def _arrived(play: Play, delivery: Row) -> bool:
    """Whether its message stands, or stood where somebody has deleted the place."""
    messages = [*play.discord.standing(), *play.discord.vanished]
    return any(message.id == str(delivery["message_id"]) for message in messages)


# -- charged twice ----------------------------------------------------------------------------------------------------


def _charged(play: Play) -> list[str]:
    """Paid POSTs beyond one for each intent that was acknowledged; those that were refused for certain cost nothing."""
    paid: Counter[tuple[str, str]] = Counter()
    for place, line in enumerate(play.studio.lines):
        if place not in play.studio.refused:
            paid[(line.endpoint, _whose(play, line))] += 1
    allowed: Counter[str] = Counter()
    for intent in play.intents:
        if intent.card_id is not None:
            allowed.update(dict.fromkeys(_names(intent), 1 + intent.agreed))
    allowed += play.consents
    return [
        f"{whose}: {count} POSTs to {endpoint}, {allowed[whose]} asked for"
        for (endpoint, whose), count in paid.items()
        if count > allowed[whose]
    ]


def _names(intent: Intent) -> list[str]:
    """By what a paid call tells that it is for this intent: its mark, or the clip it starts from."""
    return [intent.mark] if intent.clip_id is None else [intent.mark, f"{intent.kind} of {intent.clip_id}"]


def _whose(play: Play, line: LedgerLine) -> str:
    body = line.body if isinstance(line.body, dict) else {}
    if (marked := MARK.search(json.dumps(body))) is not None:
        return marked[0]
    clip_id = body.get("clip_id")
    if line.endpoint == "music/sample":
        upload = next(one for one in play.studio.lines if one.result_id == clip_id)
        return _whose(play, upload)
    return f"{line.endpoint.removeprefix('music/')} of {clip_id}"


# -- posted twice -----------------------------------------------------------------------------------------------------


def _posted(standing: list[Message]) -> list[str]:
    """Takes and exports that stand more than once."""
    seen = Counter(name for message in standing if (name := _piece(message)) is not None)
    return [f"{name} stands {count} times" for name, count in seen.items() if count > 1]


def _piece(message: Message) -> str | None:
    """What a message posts, by its own marks."""
    extend = next((one for one in custom_ids(message) if one.startswith("m1:extend:")), None)
    if extend is not None:
        return extend
    names = [file.filename for file in message.attachments]
    footers = [embed.get("footer", {}).get("text", "") for embed in message.embeds]
    found = EXPORT_MARKER.search(" ".join([*names, *footers]))
    return found[0] if found else None
