"""The table of what was tried, and the line that sums it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

HEAD: Final = (
    "| what was played | runs | lost | charged twice | posted twice | longest to rest |",
    "|---|--:|--:|--:|--:|--:|",
)


@dataclass(slots=True)
class Group:
    """A row: every run of one scene."""

    name: str
    runs: int = 0
    lost: int = 0
    charged: int = 0
    posted: int = 0
    longest_s: float = 0.0
    acknowledged: int = 0

    def __str__(self) -> str:
        ms = f"{self.longest_s / 60:.0f} min" if self.longest_s >= 120 else f"{self.longest_s:.0f} s"
        cells = (self.name, f"{self.runs:,}", self.lost, self.charged, self.posted, ms)
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


@dataclass(slots=True)
class Tally:
    """All rows, in the order they came."""

    groups: dict[str, Group] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What to run again, and what was wrong with it."""

    def group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group(name))

    def total(self) -> Group:
        rows = list(self.groups.values())
        return Group(
            "all",
            sum(row.runs for row in rows),
            sum(row.lost for row in rows),
            sum(row.charged for row in rows),
            sum(row.posted for row in rows),
            max((row.longest_s for row in rows), default=0.0),
            sum(row.acknowledged for row in rows),
        )

    def lines(self) -> Sequence[str]:
        """The table."""
        return (*HEAD, *(str(row) for row in self.groups.values()), str(self.total()).replace("| all", "| **all**", 1))

    def last_line(self) -> str:
        total = self.total()
        return f"{total.runs} runs, {total.lost} lost, {total.charged} charged twice, {total.posted} posted twice"

    def bound(self) -> str:
        """What so many runs prove."""
        runs = self.total().runs
        return f"A 0 in {runs:,} runs bounds the rate below {3 / max(runs, 1):.2%} with 95 % confidence."


PAGE: Final = """# What was tried to break it

`make faults` wrote this page. It runs the bot's core in virtual time between the two stand-ins and numbers every
call to the database, MusicMint, the media and Discord. For every call of every walk below it kills the process
before it, kills it after it took effect, answers an error instead, or lets it take effect and loses the answer (of
a database's read: the first and the third, the others being the same). `schedules` are several members with several
songs, 1 to 3 kills and bursts of faults, all drawn from a seed. `real processes` are `python -m bot run` on real
sockets, ended by SIGKILL at random moments.

*Lost*: a song whose card was shown and that, once all is quiet, was neither delivered, nor kept with its card
saying so, nor ended with its card saying why or asking. *Charged twice*: more than one paid POST for one command
without its member's consent, by the studio's ledger. *Posted twice*: a take or export that stands twice on the
local Discord. *Longest to rest*: time (of the virtual clock, but for real processes) from the last fault, deed or
start until nothing goes on any more; past {limit:.0f} hours a run counts as lost.

What is not tried: Discord never says of a card or a posted message that it is gone while it stands there, and keeps
a nonce for at least 90 seconds, but where the walk says otherwise; there (0 s) a request dies with its process.
Where the bot may not read what it posted, it is away for 10 minutes at most: a card that was shown in the very moment
of a longer death is found by reading its channel, and else waits unanswered until it is pressed; nothing is charged.

{table}

{last}. {bound}
{part}"""
PART: Final = """
This was a part of it: every {every}th kill point, {schedules} schedules and {kills} kills of real processes.
"""


def page(tally: Tally, limit_s: float, part: str = "") -> str:
    """`docs/faults.md`; `part` says so where not all was played."""
    return PAGE.format(
        limit=limit_s / 3600, table="\n".join(tally.lines()), last=tally.last_line(), bound=tally.bound(), part=part
    )


BEGIN: Final = "<!-- written by `make faults` -->\n"
END: Final = "<!-- to here -->\n"


def quoted(readme: str, tally: Tally) -> str:
    """The README with today's table between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join(tally.lines())
    return f"{before}{BEGIN}\n{table}\n\n{tally.last_line()}. {tally.bound()}\n\n{END}{after}"
