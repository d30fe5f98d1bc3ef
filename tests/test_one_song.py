"""One song, followed from slash command to thread: request, task row, submit, poll, deliver. Everything is real but the
two services, and those speak over real sockets."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator

import av
import pytest
import pytest_asyncio
from mutagen.id3 import ID3

from tests.town import KEY, Json, Town, open_town

LYRICS = "[Verse]\nThe night bus hums along the quay\nAnd nobody gets off\n\n[Chorus]\nOh, drive me round again"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town"), canned=True) as opened:
        yield opened


def duration_s(mp3: bytes) -> float:
    """Decode every frame: a broken file would fail here."""
    with av.open(io.BytesIO(mp3), mode="r", format="mp3") as container:
        frames = [frame.samples / frame.sample_rate for frame in container.decode(audio=0)]
    return sum(frames)


async def the_file(town: Town, take: Json) -> bytes:
    """The one attachment of a take; the cover stands in its embed."""
    (attachment,) = take["attachments"]
    assert attachment["content_type"] == "audio/mpeg"
    return await town.fetch(attachment["url"])


async def check_take(town: Town, take: Json, clip: Json) -> ID3:
    """The attached file is the clip's, whole, and finished: its tags."""
    item = json.loads(clip["item"])
    audio = await the_file(town, take)
    assert abs(duration_s(audio) - item["duration"]) < 1
    tags = ID3(io.BytesIO(audio))
    assert tags["TIT2"].text == [item["title"]]
    assert tags["TALB"].text == ["The Songwriting Room"]
    assert tags.getall("APIC")[0].data.startswith(b"\xff\xd8")
    assert "AI-generated" in tags.getall("COMM")[0].text[0]
    assert tags["TXXX:MusicMint task id"].text == [clip["api_task_id"]]
    return tags


def clips_of(town: Town, task_id: int) -> list[Json]:
    return town.rows(
        "SELECT clips.*, submissions.api_task_id FROM clips JOIN submissions USING (task_id)"
        f" WHERE task_id = {task_id} ORDER BY position"
    )


def task_of(town: Town, answer: Json) -> Json:
    return town.rows(f"SELECT * FROM tasks WHERE card_message_id = {answer['message']['id']}")[0]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_song_with_lyrics_arrives_in_its_own_thread(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("song", lyrics=LYRICS, style="indie folk slow", title="Night Bus")

    card = answer["message"]
    embed = card["embeds"][0]
    assert answer["state"] == "answered"
    assert not answer["ephemeral"]
    assert "Night Bus" in embed["title"]
    assert f"<@{ben.id}>" in embed["description"]
    assert "▱▱▱" in embed["description"]
    assert [item["label"] for item in card["components"][0]["components"]] == ["Cancel"]

    takes = await town.takes(card["id"], 2)
    thread = town.world.channels[card["id"]]
    assert (thread.name, thread.parent_id) == ("Night Bus", town.channel("songs"))
    assert [take["embeds"][0]["title"] for take in takes] == ["Night Bus · v1a", "Night Bus · v1b"]
    assert all("message_reference" not in take for take in takes)
    assert [item["label"] for item in takes[0]["components"][0]["components"]] == [
        "Extend",
        "Cover",
        "Again",
        "Lyrics",
        "More",
    ]

    task = task_of(town, answer)
    clips = clips_of(town, task["id"])
    for take, clip in zip(takes, clips, strict=True):
        tags = await check_take(town, take, clip)
        assert tags.getall("USLT")[0].text == LYRICS
        assert tags["TCON"].text == ["indie folk slow"]
        fields = {field["name"]: field["value"] for field in take["embeds"][0]["fields"]}
        assert f"<t:{clip['expire_at'] // 1000}:" in json.dumps(fields)
        assert take["embeds"][0]["thumbnail"]["url"].startswith(town.discord.url)

    await town.card_says(answer, "v1a", "v1b", takes[0]["id"])
    assert (await town.card(answer))["components"] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_the_rows_of_a_delivered_song_are_as_the_design_says(town: Town) -> None:
    answer = await town.member("ada").run("song", lyrics=LYRICS, style="pop", title="Rows")
    card = answer["message"]
    takes = await town.takes(card["id"], 2)
    await town.card_says(answer, takes[1]["id"])

    task = task_of(town, answer)
    (song,) = town.rows(f"SELECT * FROM songs WHERE id = {task['song_id']}")
    (submission,) = town.rows(f"SELECT * FROM submissions WHERE task_id = {task['id']}")
    deliveries = town.rows(f"SELECT * FROM deliveries WHERE task_id = {task['id']} ORDER BY part")
    assert (task["kind"], task["version"], task["state"]) == ("generate", 1, "finished")
    assert json.loads(task["request"])["prompt"] == LYRICS
    assert (task["card_channel_id"], task["interaction_token"]) == (int(card["channel_id"]), None)
    assert (task["lease_token"], task["error"]) == (None, None)
    assert task["created_at"] <= task["started_at"] <= task["ended_at"]
    assert (song["thread_id"], song["title"], song["next_version"]) == (int(card["id"]), "Rows", 2)
    assert (submission["attempt"], submission["outcome"]) == (1, "created")
    assert submission["started_at"] <= submission["answered_at"]
    assert submission["api_task_id"] in {submit["task_id"] for submit in await town.submits()}
    assert [clip["position"] for clip in clips_of(town, task["id"])] == [0, 1]
    assert [(row["state"], row["rung"], row["message_id"]) for row in deliveries] == [
        ("delivered", "thread", int(take["id"])) for take in takes
    ]
    assert [row["nonce"] for row in deliveries] == [take["nonce"] for take in takes]
    assert town.database.stat().st_mode & 0o777 == 0o600
    assert KEY.encode() not in town.database.read_bytes()


@pytest.mark.asyncio(loop_scope="module")
async def test_an_idea_and_an_instrumental_become_songs_at_the_same_time(town: Town) -> None:
    chiyo = town.member("chiyo")
    inspired, played = await asyncio.gather(
        chiyo.run("inspire", idea="a cheerful sea shanty about a lighthouse cat"),
        chiyo.run("instrumental", style="jazz piano trio", title="Blue Kitchen"),
    )
    for answer in (inspired, played):
        takes = await town.takes(answer["message"]["id"], 2)
        for take, clip in zip(takes, clips_of(town, task_of(town, answer)["id"]), strict=True):
            await check_take(town, take, clip)

    bodies = {submit["task_id"]: submit["body"] for submit in await town.submits()}
    (idea,) = [body for body in bodies.values() if "gpt_description_prompt" in body]
    assert "prompt" not in idea
    assert "tags" not in idea
    (piece,) = [body for body in bodies.values() if body.get("title") == "Blue Kitchen"]
    assert piece["make_instrumental"] is True
    # Nobody gave the first one a title, so it bears the one the studio found.
    found = clips_of(town, task_of(town, inspired)["id"])[0]["title"]
    assert town.world.channels[inspired["message"]["id"]].name == found


@pytest.mark.asyncio(loop_scope="module")
async def test_an_extension_continues_a_take_in_its_thread(town: Town) -> None:
    ben = town.member("ben")
    first = await ben.run("song", lyrics=LYRICS, style="synthwave", title="Longer")
    thread = first["message"]["id"]
    await town.takes(thread, 2)

    offered = await ben.choices("extend", "take", thread)
    assert [choice["name"][:3] for choice in offered[:2]] == ["v1b", "v1a"]
    answer = await ben.run("extend", thread, take=offered[1]["value"], at=5, lyrics="[Bridge]\nOne more stop")

    assert answer["message"]["channel_id"] == thread
    takes = (await town.takes(thread, 4))[2:]
    assert [take["embeds"][0]["title"] for take in takes] == ["Longer · v2a", "Longer · v2b"]
    assert [take["message_reference"]["message_id"] for take in takes] == [answer["message"]["id"]] * 2
    source = clips_of(town, task_of(town, first)["id"])[0]
    for take, clip in zip(takes, clips_of(town, task_of(town, answer)["id"]), strict=True):
        await check_take(town, take, clip)
        assert (clip["parent_clip_id"], clip["change"], clip["changed"]) == (source["id"], "extended", "5")
    body = (await town.submits())[-1]["body"]
    assert (body["continue_clip_id"], body["continue_at"]) == (source["clip_id"], 5)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_form_of_song_takes_lyrics_of_many_lines(town: Town) -> None:
    ben = town.member("ben")
    opened = await ben.run("song", "general")
    answer = await ben.send_form(opened, lyrics=LYRICS, style="lo-fi", title="From a form")
    takes = await town.takes(answer["message"]["id"], 2)
    assert ID3(io.BytesIO(await the_file(town, takes[0]))).getall("USLT")[0].text == LYRICS


@pytest.mark.asyncio(loop_scope="module")
async def test_the_lyrics_button_shows_all_words_to_whoever_asks_and_to_nobody_else(town: Town) -> None:
    ben, chiyo = town.member("ben"), town.member("chiyo")
    answer = await ben.run("song", lyrics=LYRICS, style="ballad", title="Words")
    (take, _) = await town.takes(answer["message"]["id"], 2)
    shown = await chiyo.press(take, "Lyrics")
    assert shown["ephemeral"]
    assert "drive me round again" in shown["message"]["embeds"][0]["description"]
    assert not any(message["id"] == shown["message"]["id"] for message in await ben.read(take["channel_id"]))


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_sent_to_discord_can_ping_anybody(town: Town) -> None:
    bodies = [json.loads(line)["json"] or {} for line in town.recording.read_text().splitlines()]
    messages = [body.get("data") or body for body in bodies if isinstance(body, dict)]
    spoken = [message for message in messages if message.get("embeds") or message.get("content")]
    assert len(spoken) >= 10
    assert all(message["allowed_mentions"]["parse"] == [] for message in spoken)
