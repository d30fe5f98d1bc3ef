"""Words with teeth, from a member's command to the file in the thread, against the bot as a process.

They must come through unharmed (to MusicMint, into the rows, onto the card, into the tags), notify nobody, and break
nothing: quotes, placeables, markdown, control characters.
"""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from mutagen.id3 import ID3

from tests.security.rendering import live, read
from tests.town import Json, Town, open_town

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEETH = {
    "quotes": "Robert'); DROP TABLE tasks;-- \"'` \\",
    "placeables": '{ $x } { "{" } { error-busy } {-brand} $title %s %(a)d {0} ${jndi:ldap://x}',
    "mentions": "@everyone @here <@&111111111111111111> <@222222222222222222> @\u200deveryone @\u200bhere",
    "marks": "[free](https://evil.example) **b** `c` ||d|| # e",
    "unseen": "a\u202eb\u2066c\u200bd\ufeffe\u0301\U0001f3b5\U000e0041",
    "nul": "a\0b",
    "control": "a\x1b[31mb\x07c\x7fd",
}
CREATING = ("POST", "PATCH", "PUT")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town"), canned=True, generation_ms=100) as opened:
        yield opened


def whole(text: str) -> str:
    """As a tag or a message holds it, which know no NUL."""
    return text.replace("\0", "")


@pytest.mark.parametrize("name", TEETH)
async def test_words_come_through_unharmed(town: Town, name: str) -> None:
    ben, words = town.member("ben"), TEETH[name]
    answer = await ben.run("song", lyrics=f"[Verse]\n{words}\nla", style=words, title=words)
    assert answer.get("message"), answer
    (take, _) = await town.labelled(answer["message"]["id"], "v1a", "v1b")

    sent = (await town.submits())[-1]["body"]
    assert (sent["prompt"], sent["tags"], sent["title"]) == (f"[Verse]\n{words}\nla", words, words.strip())
    (row,) = town.rows(
        "SELECT request, songs.title FROM tasks JOIN songs ON song_id = songs.id ORDER BY tasks.id DESC LIMIT 1"
    )
    assert json.loads(row["request"])["prompt"] == f"[Verse]\n{words}\nla"
    (audio,) = [file for file in take["attachments"] if file["filename"].endswith(".mp3")]
    tags = ID3(io.BytesIO(await town.fetch(audio["url"])))
    assert whole(words) in tags.getall("USLT")[0].text
    embed = (await town.card(answer))["embeds"][0]
    for field in embed["fields"]:
        assert live(field["value"]) == {}
        assert whole(words.strip()).replace("@\u200b", "@") in whole(read(field["value"]))


@pytest.mark.parametrize("name", ["placeables", "mentions", "marks", "control"])
async def test_a_reason_with_teeth_is_told_on_the_card(town: Town, name: str) -> None:
    await town.tell_studio("POST", "outcomes", {"outcome": "failed", "error": f"because {TEETH[name]}", "times": 1})
    answer = await town.member("ben").run("song", lyrics="la", title="Fails")
    card = await town.card_says(answer, "because")
    marks = live(card["embeds"][0]["description"])
    assert marks == live("<@1> **b**"), card["embeds"][0]["description"]


async def test_forms_buttons_and_exports_speak_too(town: Town) -> None:
    ben, words = town.member("ben"), " ".join(TEETH[name] for name in ("mentions", "quotes", "marks"))
    opened = await ben.run("song")
    sung = await ben.send_form(opened, lyrics=words, style=words[:200], title=words[:200])
    thread = sung["message"]["id"]
    (take, _) = await town.labelled(thread, "v1a", "v1b")
    for label in ("More", "Lyrics"):
        assert (await ben.press(take, label))["ephemeral"]
    form = await ben.press(take, "Extend")
    assert (await ben.send_form(form, at="never", lyrics=words, style=words[:200]))["ephemeral"]  # refused
    await ben.send_form(await ben.press(take, "Cover"), lyrics=words, style=words[:200])
    (choice, *_) = await ben.choices("export", "take", thread)
    await ben.run("export", thread, take=choice["value"], format="waveform")
    await town.file_named(thread, "-waveform-")
    await ben.run("show", thread, take=choice["value"])
    await town.labelled(thread, "v2a", "v2b")


@pytest.mark.parametrize("name", TEETH)
async def test_words_in_every_other_place_break_nothing(town: Town, name: str) -> None:
    ben, words = town.member("ben"), TEETH[name]
    for command, options in (
        ("inspire", {"idea": words}),
        ("instrumental", {"style": words, "description": words}),
        ("sfx", {"text": words, "title": words}),
        ("lyrics", {"about": words, "topics": words, "mood": words, "keywords": words}),
        ("queue", {}),
        ("song", {"lyrics": "la", "singer": words}),
        ("singer remove", {"name": words}),
        ("recover", {"task_id": words}),
        ("cancel", {"task": words}),
    ):
        answer = await ben.run_unchecked(command, **options)
        assert answer.get("message"), (command, answer)
        assert "reference" not in answer["message"].get("content", ""), (command, answer["message"]["content"])
    for command, option in (("extend", "take"), ("song", "singer"), ("cancel", "task")):
        assert isinstance(await ben.choices(command, option, "songs", words), list)


def bodies(town: Town) -> Iterator[Json]:
    """Every message the bot made or changed, as it was sent."""
    for line in town.recording.read_text().splitlines():
        entry = json.loads(line)
        body = entry["json"]
        if entry["method"] not in CREATING or not isinstance(body, dict):
            continue
        if entry["path"].endswith("/callback"):
            if body["type"] in (4, 7):
                yield body["data"]
        elif ("/messages" in entry["path"] and not entry["path"].endswith("/threads")) or entry["path"].startswith(
            "/webhooks/"
        ):
            yield body


async def test_no_message_that_was_made_or_changed_could_have_notified_anybody(town: Town) -> None:
    """Last, over everything above: Discord notifies whoever is named unless a message says otherwise."""
    sent = list(bodies(town))
    assert len(sent) > 100
    unguarded = [body for body in sent if body.get("allowed_mentions", {}).get("parse") != []]
    assert unguarded == []
    assert not any(body["allowed_mentions"].get(kind) for body in sent for kind in ("users", "roles", "replied_user"))
    assert "Traceback" not in "\n".join(town.bot.lines)
