"""Everything Discord may answer to a song, over sockets: on which rung it lands, how often it is asked, and that no
message comes twice.

`thread`, `channel`, `dm` and `kept` are where both takes are in the end. After a fault that is scripted once they must
arrive all the same; one that stays must lead to the next rung, or keep the takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from db.states import MOST_FAULTS
from tests.bot.local_discord import Json, Quarter, Song, only, open_quarter
from tests.town import recording_file

STAYS = 1_000
INVALID_STATUSES = (401, 403, 429)
CLOUDFLARE = {"via": False}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Quarter]:
    folder = tmp_path_factory.mktemp("quarter")
    async with open_quarter(folder, recording_file(folder)) as quarter:
        yield quarter


@pytest_asyncio.fixture(loop_scope="module")
async def quarter(opened: Quarter) -> AsyncIterator[Quarter]:
    """Without what the test before left behind: faults, remembered refusals, invalid answers."""
    opened.core.clock.advance(700_000)
    opened.move_in()
    yield opened
    opened.clock.ahead_ms = 0
    await opened.call("DELETE", "/faults")
    await opened.call("PUT", "/permissions", channel=opened.songs, member="bot")


@dataclass(frozen=True)
class Where:
    """The routes of one song."""

    quarter: Quarter
    song: Song

    @property
    def thread(self) -> str:
        return only(f"/channels/{self.song.card}/messages")

    @property
    def channel(self) -> str:
        return only(f"/channels/{self.quarter.songs}/messages")

    @property
    def dm(self) -> str:
        return only(f"/channels/{self.quarter.direct}/messages")

    @property
    def grow(self) -> str:
        return only(f"/channels/{self.quarter.songs}/messages/{self.song.card}/threads")

    @property
    def card(self) -> str:
        return only(f"/channels/{self.quarter.songs}/messages/{self.song.card}")

    async def fails(self, name: str, *, times: int = 1, method: str = "POST", **fault: Any) -> None:
        await self.quarter.call("POST", "/faults", method=method, path=getattr(self, name), times=times, **fault)

    async def asked(self, name: str, method: str = "POST") -> list[Json]:
        """The requests of the song to this route."""
        path = getattr(self, name).replace("\\", "").strip("^$")
        seen = await self.quarter.requests(self.song)
        return [request for request in seen if (request["method"], request["path"]) == (method, path)]


async def a_song(quarter: Quarter) -> Where:
    return Where(quarter, await quarter.song())


async def ends_on(where: Where, rung: str) -> None:
    """Both takes are there and nowhere else, once; the member hears nothing more than that."""
    quarter, song = where.quarter, where.song
    await quarter.deliver(song)
    states = [row.state for row in await quarter.rows(song)]
    placed = [] if rung == "kept" else [(rung, "v1a"), (rung, "v1b")]
    assert (quarter.takes(song), states) == (placed, ["kept" if rung == "kept" else "delivered"] * 2)
    assert quarter.said(song) == len(placed)
    refusals = [request["status"] for request in await quarter.requests(song) if request["status"] in INVALID_STATUSES]
    assert len(refusals) <= 3, refusals


# -- one doubtful answer: tried again, arrives once, one request a try -------------------------------------------------

DOUBTFUL = [
    pytest.param({"status": 401}, id="401"),
    pytest.param({"status": 403, "code": 40333}, id="403 40333"),
    pytest.param({"status": 403, **CLOUDFLARE}, id="403 of Cloudflare"),
    pytest.param({"status": 404, **CLOUDFLARE}, id="404 of a proxy"),
    pytest.param({"status": 429, "retry_after": 2.5}, id="429 of the route"),
    pytest.param({"status": 429, "retry_after": 90}, id="429 for long"),
    pytest.param({"status": 429, "retry_after": 10**9}, id="429 for ever"),
    pytest.param({"status": 429, "retry_after": 3, "scope": "global"}, id="429 global"),
    pytest.param({"status": 429, "retry_after": 3, "scope": "shared"}, id="429 shared"),
    pytest.param({"status": 429, "retry_after": 3, **CLOUDFLARE}, id="429 of Cloudflare"),
    pytest.param({"status": 429, "code": 20028, "retry_after": 4}, id="429 20028"),
    pytest.param({"status": 400, "code": 20028}, id="400 20028"),
    *(pytest.param({"status": status}, id=str(status)) for status in (500, 502, 503, 504, 520, 524)),
    pytest.param({"status": 503, "code": 130000}, id="503 130000"),
    pytest.param({"status": 502, **CLOUDFLARE}, id="502 of Cloudflare"),
    pytest.param({"reset": "before"}, id="reset before it was read"),
    pytest.param({"reset": "after"}, id="reset after the last byte"),
    pytest.param({"status": 400, "code": 50035}, id="400 50035"),
]


@pytest.mark.parametrize("fault", DOUBTFUL)
async def test_after_one_doubtful_answer_to_a_take_it_arrives_once(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    await where.fails("thread", **fault)
    await ends_on(where, "thread")
    # One request a try: the one that failed, and one for each take; after a reset it was there already.
    assert len(await where.asked("thread")) == (2 if fault.get("reset") == "after" else 3)


async def test_a_lost_answer_leads_to_no_second_message_though_the_bots_clock_is_ahead(quarter: Quarter) -> None:
    quarter.clock.ahead_ms = 300_000
    where = await a_song(quarter)
    await where.fails("thread", reset="after")
    await quarter.step()
    quarter.core.clock.advance(3_600_000)  # no nonce is known any more
    await ends_on(where, "thread")


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"status": 429, "retry_after": 1}, {"reset": "before"}]
)
async def test_faults_that_come_again_and_again_give_one_request_a_try(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    await where.fails("thread", times=3, **fault)
    await ends_on(where, "thread")
    first, second = await quarter.rows(where.song)
    assert (first.attempts, second.attempts) == (4, 1)
    assert len(await where.asked("thread")) == 5


@pytest.mark.parametrize("retry_after", [2.5, 90])
async def test_a_limit_is_never_cut_short(quarter: Quarter, retry_after: float) -> None:
    where = await a_song(quarter)
    await where.fails("thread", status=429, retry_after=retry_after)
    await ends_on(where, "thread")
    refused, again, _ = await where.asked("thread")
    assert again["at_ms"] - refused["at_ms"] >= retry_after * 1000


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"reset": "before"}, {"reset": "after"}])
async def test_after_a_doubtful_answer_about_the_thread_one_thread_grows(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    await where.fails("grow", **fault)
    await ends_on(where, "thread")
    assert len(await where.asked("grow")) == 2


async def test_a_look_that_fails_is_a_look_to_come_and_no_second_message(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await where.fails("thread", reset="after")
    await where.fails("thread", method="GET", status=503, times=2)
    await where.fails("thread", method="GET", status=429, retry_after=70)
    await ends_on(where, "thread")
    assert len(await where.asked("thread", "GET")) == 4
    assert len(await where.asked("thread")) == 2


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429, "retry_after": 8}, {"reset": "after"}])
async def test_a_card_that_cannot_be_drawn_is_drawn_later_and_delays_no_take(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    await where.fails("card", method="PATCH", times=2, **fault)
    await ends_on(where, "thread")
    assert "v1b" in quarter.card_says(where.song)
    assert [row.attempts for row in await quarter.rows(where.song)] == [1, 1]


async def test_a_private_channel_that_does_not_open_at_once_is_opened_later(quarter: Quarter) -> None:
    where = await a_song(quarter)
    for name in ("thread", "channel"):
        await where.fails(name, status=403, code=50001, times=STAYS)
    await where.fails("dm", status=503)
    await ends_on(where, "dm")


# -- a definite answer that stays: the next rung -----------------------------------------------------------------------

CLOSED = [
    pytest.param({"status": 403, "code": 50001}, id="403 50001"),
    pytest.param({"status": 403, "code": 50013}, id="403 50013"),
    pytest.param({"status": 404, "code": 10003}, id="404 10003"),
    pytest.param({"status": 404, "code": 10062}, id="404 10062"),
    pytest.param({"status": 400, "code": 50083}, id="50083 archived"),
    pytest.param({"status": 400, "code": 160005}, id="160005 locked"),
]


@pytest.mark.parametrize("fault", CLOSED)
async def test_a_thread_that_is_closed_leads_to_its_channel(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    await where.fails("thread", times=STAYS, **fault)
    await ends_on(where, "channel")


@pytest.mark.parametrize("fault", CLOSED)
async def test_a_channel_that_is_closed_too_leads_to_private_messages(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    for name in ("thread", "channel"):
        await where.fails(name, times=STAYS, **fault)
    await ends_on(where, "dm")


@pytest.mark.parametrize("private", [{"status": 403, "code": 50007}, {"status": 403, "code": 50278}])
async def test_where_nobody_takes_them_they_are_kept_and_the_card_says_so(quarter: Quarter, private: Json) -> None:
    where = await a_song(quarter)
    for name in ("thread", "channel"):
        await where.fails(name, status=403, code=50013, times=STAYS)
    await where.fails("dm", times=STAYS, **private)
    await ends_on(where, "kept")
    assert "no place here would take the files" in quarter.card_says(where.song)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "code": 160006},
        {"status": 400, "code": 50024},
        {"status": 403, "code": 50013},
        {"status": 403, "code": 50001},
        {"status": 404, "code": 10008},
    ],
)
async def test_where_no_thread_can_grow_the_channel_takes_them(quarter: Quarter, fault: Json) -> None:
    where = await a_song(quarter)
    await where.fails("grow", times=STAYS, **fault)
    await ends_on(where, "channel" if fault["code"] != 50001 else "dm")
    assert len(await where.asked("thread")) == 0


async def test_a_bot_that_was_thrown_out_asks_three_times_for_both_takes_and_the_card(quarter: Quarter) -> None:
    where = await a_song(quarter)
    everything = rf"^/channels/(?!{quarter.direct})"
    for method in ("GET", "POST", "PATCH"):
        body = {"method": method, "path": everything, "times": STAYS, "status": 403, "code": 50001}
        await quarter.call("POST", "/faults", **body)
    await where.fails("dm", status=403, code=50278, times=STAYS)
    await ends_on(where, "kept")


@pytest.mark.parametrize("state", [{"locked": True}, {"locked": True, "archived": True}])
async def test_a_locked_thread_of_the_song_leads_to_its_channel(quarter: Quarter, state: Json) -> None:
    where = await a_song(quarter)
    await quarter.messenger.start_thread(
        channel_id=int(quarter.songs), card_message_id=int(where.song.card), name="Song"
    )
    await quarter.call("PUT", "/permissions", channel=quarter.songs, member="bot", deny=["MANAGE_THREADS"])
    await quarter.call("PATCH", f"/channels/{where.song.card}", **state)
    await ends_on(where, "channel")


async def test_an_archived_thread_that_is_not_locked_opens_for_the_takes(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await quarter.messenger.start_thread(
        channel_id=int(quarter.songs), card_message_id=int(where.song.card), name="Song"
    )
    await quarter.call("PATCH", f"/channels/{where.song.card}", archived=True)
    await ends_on(where, "thread")


async def test_a_deleted_thread_leads_to_its_channel(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await where.fails("thread", reset="before")
    await quarter.step()
    await quarter.call("DELETE", f"/channels/{where.song.card}")
    await ends_on(where, "channel")


# -- what has its own answer -------------------------------------------------------------------------------------------


async def test_a_file_that_is_too_large_is_posted_with_a_link_in_its_place(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await where.fails("thread", status=413, code=40005)
    await ends_on(where, "thread")
    refused, without, _ = await where.asked("thread")
    assert (len(refused["files"]), without["files"]) == (1, [])


async def test_a_take_that_was_deleted_before_its_answer_came_is_not_posted_again(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await where.fails("thread", status=404, code=10008)
    await quarter.deliver(where.song)
    assert quarter.takes(where.song) == [("thread", "v1b")]
    assert [(row.state, row.message_id is None) for row in await quarter.rows(where.song)] == [
        ("delivered", True),
        ("delivered", False),
    ]
    assert len(await where.asked("thread")) == 2


async def test_a_message_discord_never_takes_is_parked_and_the_card_says_so(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await where.fails("thread", status=400, code=50035, times=STAYS)
    await ends_on(where, "kept")
    assert [row.faults for row in await quarter.rows(where.song)] == [MOST_FAULTS, MOST_FAULTS]
    assert "no place here would take the files" in quarter.card_says(where.song)


async def test_where_history_is_closed_a_lost_answer_is_repeated_under_its_nonce(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await quarter.call("PUT", "/permissions", channel=quarter.songs, member="bot", deny=["READ_MESSAGE_HISTORY"])
    await where.fails("thread", reset="after")
    await ends_on(where, "thread")
    assert len(await where.asked("thread")) == 3
    assert await where.asked("thread", "GET") == []


async def test_where_history_is_closed_a_late_repetition_is_a_risk_nobody_takes(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await quarter.call("PUT", "/permissions", channel=quarter.songs, member="bot", deny=["READ_MESSAGE_HISTORY"])
    await where.fails("thread", reset="after")
    await quarter.step()
    quarter.core.clock.advance(61_000)
    await quarter.deliver(where.song)
    assert quarter.takes(where.song) == [("thread", "v1a"), ("thread", "v1b")]
    assert [row.state for row in await quarter.rows(where.song)] == ["kept", "delivered"]
    assert len(await where.asked("thread")) == 2


async def test_where_history_is_closed_a_long_limit_is_no_reason_to_keep_a_take(quarter: Quarter) -> None:
    where = await a_song(quarter)
    await quarter.call("PUT", "/permissions", channel=quarter.songs, member="bot", deny=["READ_MESSAGE_HISTORY"])
    await where.fails("thread", status=429, retry_after=90)
    await ends_on(where, "thread")


@pytest.mark.parametrize("after_ms", [0, 90_000, 3_600_000])
async def test_a_restart_after_a_lost_answer_finds_the_take(quarter: Quarter, after_ms: int) -> None:
    where = await a_song(quarter)
    await where.fails("thread", reset="after")
    await quarter.step()
    quarter.core.clock.advance(after_ms)
    quarter.move_in()
    await quarter.recovery.start_up()
    await ends_on(where, "thread")
    assert len(await where.asked("thread")) == 2
