"""New takes and exports from a take: commands, the More buttons and their forms, and wrong hands."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord import InteractionResult, MemberActor

from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Midi,
    Persona,
    Remaster,
    Request,
    Stem,
    Timeline,
    Wav,
    Waveform,
    parse,
)
from tests.cogs.house import House, Scene, buttons_of, embed_of, forged_command, forged_press, takes_in, thread_of

CLIP = "task-1/1"
DAYS = 30


async def a_take(house: House, scene: Scene) -> discord.Message:
    await scene.ann.slash(scene.channel, "song", lyrics="[Verse]\nla la", style="folk", title="Night Bus")
    await house.play()
    return takes_in(thread_of(scene.channel))[0]


async def asked(house: House) -> Request:
    task = await house.task()
    return parse(task.kind, task.request)


async def fill(member: MemberActor, opened: InteractionResult, typed: dict[str, str]) -> InteractionResult:
    """Send a form as it was opened, with some fields changed."""
    assert opened.modal is not None
    labels = opened.modal["components"]
    stood = {label["component"]["custom_id"]: label["component"].get("value", "") for label in labels}
    assert typed.keys() <= stood.keys()
    return await member.submit_modal(opened, stood | typed)


async def more(scene: Scene, take: discord.Message) -> discord.Message:
    result = await scene.bob.click(take, label="More")
    assert result.response is not None
    assert result.response.ephemeral
    message: discord.Message = result.response.message
    return message


async def test_more_holds_the_rarer_things_for_whoever_asks(house: House, scene: Scene) -> None:
    shown = buttons_of(await more(scene, await a_take(house, scene)))
    assert list(shown) == [
        *("Revise", "Replace", "Add vocals", "Backing", "Remaster"),
        *("Vocals alone", "MIDI", "WAV", "Karaoke", "Waveform"),
        *("Full song", "Make this the singer"),
    ]
    assert len({custom_id.rpartition(":")[2] for custom_id in shown.values()}) == 1


AT_ONCE: list[tuple[str, Request]] = [
    ("Backing", AddInstrumental(clip_id=CLIP)),
    ("Remaster", Remaster(clip_id=CLIP)),
    ("Vocals alone", Stem(clip_id=CLIP)),
    ("MIDI", Midi(clip_id=CLIP)),
    ("WAV", Wav(clip_id=CLIP)),
    ("Karaoke", Timeline(clip_id=CLIP)),
    ("Waveform", Waveform(clip_id=CLIP)),
    ("Full song", Concat(clip_id=CLIP)),
]


@pytest.mark.parametrize(("label", "wanted"), AT_ONCE)
async def test_what_needs_no_words_begins_at_once(house: House, scene: Scene, label: str, wanted: Request) -> None:
    take = await a_take(house, scene)
    result = await scene.bob.click(await more(scene, take), label=label)
    task = await house.task()
    request = parse(task.kind, task.request)
    assert (type(request), getattr(request, "clip_id", "")) == (type(wanted), CLIP)
    assert (task.requester_id, task.song_id) == (scene.bob.id, 1)
    assert f"<@{scene.bob.id}> asked for" in str(embed_of(result).description)
    assert "v1a" in str(embed_of(result).description)


FORMS: list[tuple[str, dict[str, str], Request]] = [
    ("Cover", {"style": "salsa"}, Cover(clip_id=CLIP, tags="salsa")),
    ("Cover", {"lyrics": "other words", "style": ""}, Cover(clip_id=CLIP, prompt="other words")),
    ("Revise", {"style": "punk"}, Generate(prompt="[Verse]\nla la", tags="punk", title="Night Bus")),
    (
        "Replace",
        {"from": "0:12", "to": "24.5", "lyrics": "new"},
        Infill(clip_id=CLIP, start_s=12, end_s=24.5, prompt="new", tags="indie folk"),
    ),
    ("Add vocals", {"lyrics": "ooh", "from": "8", "to": ""}, AddVocals(clip_id=CLIP, start_s=8, prompt="ooh")),
    ("Make this the singer", {"name": "Robin"}, Persona(clip_id=CLIP, name="Robin")),
]


@pytest.mark.parametrize(("label", "typed", "wanted"), FORMS)
async def test_what_needs_words_opens_a_form_filled_with_the_take(
    house: House, scene: Scene, label: str, typed: dict[str, str], wanted: Request
) -> None:
    take = await a_take(house, scene)
    holder = take if label == "Cover" else await more(scene, take)
    await fill(scene.bob, await scene.bob.click(holder, label=label), typed)
    request = await asked(house)
    same = ("title", "retention_days")
    assert _fields(request, same) == _fields(wanted, same)
    assert (await house.task()).parent_clip_id == 1


def _fields(request: Request, without: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__dataclass_fields__ if name not in without}


COMMANDS: list[tuple[str, dict[str, Any], Request]] = [
    ("cover", {"style": "salsa"}, Cover(clip_id=CLIP, tags="salsa")),
    ("remaster", {}, Remaster(clip_id=CLIP)),
    (
        "replace",
        {"from": "12", "to": "0:24", "lyrics": "new"},
        Infill(clip_id=CLIP, start_s=12, end_s=24, prompt="new"),
    ),
    ("vocals", {"lyrics": "ooh"}, AddVocals(clip_id=CLIP, prompt="ooh")),
    ("backing", {"from": "1", "to": "9"}, AddInstrumental(clip_id=CLIP, start_s=1, end_s=9)),
    ("export", {"format": "vocals"}, Stem(clip_id=CLIP)),
    ("export", {"format": "midi"}, Midi(clip_id=CLIP)),
    ("export", {"format": "wav"}, Wav(clip_id=CLIP)),
    ("export", {"format": "karaoke"}, Timeline(clip_id=CLIP)),
    ("export", {"format": "waveform"}, Waveform(clip_id=CLIP)),
    ("export", {"format": "full"}, Concat(clip_id=CLIP)),
]


@pytest.mark.parametrize(("name", "options", "wanted"), COMMANDS)
async def test_a_command_names_a_take_and_answers_with_its_card(
    house: House, scene: Scene, name: str, options: dict[str, Any], wanted: Request
) -> None:
    await a_take(house, scene)
    result = await scene.ann.slash(thread_of(scene.channel), name, take="1", **options)
    request = await asked(house)
    assert _fields(request, ("title", "retention_days")) == _fields(wanted, ("title", "retention_days"))
    assert embed_of(result).title in ("Night Bus", "Night Bus · v2")


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("replace", {"take": "1", "from": "24", "to": "12"}, "`to` must come after `from`"),
    ("replace", {"take": "1", "from": "soon", "to": "12"}, "`from` must be a whole number of seconds"),
    ("replace", {"take": "1", "from": "0:70", "to": "80"}, "`from` must be a whole number of seconds"),
    ("replace", {"take": "1", "from": "1", "to": "500"}, "`to` is past the end: v1a ends at second 84"),
    ("vocals", {"take": "1", "from": "500"}, "`from` is past the end"),
    ("vocals", {"take": "1", "to": "999"}, "`to` is past the end"),
    ("backing", {"take": "1", "from": "1", "to": "999"}, "`to` is past the end"),
    ("backing", {"take": "1", "from": "5", "to": "0"}, "`to` must come after `from`"),
    ("cover", {"take": "99"}, "`take` names no take here"),
    ("show", {"take": "v9z"}, "`take` names no take here"),
    ("recover", {"task_id": "../x y"}, "`task_id` is no task id"),
    ("song", {"lyrics": "la", "singer": "Nobody"}, "There is no singer called “Nobody” here"),
    ("singer remove", {"name": "Nobody"}, "There is no singer called “Nobody” here"),
    ("sfx", {"text": "rain", "key": "H"}, "`key` must be a key such as C"),
    ("lyrics", {"mood": "happy"}, "fill in `about`"),
]


@pytest.mark.parametrize(("name", "options", "said"), REFUSED)
async def test_bad_input_is_refused_with_a_sentence_and_stores_nothing(
    house: House, scene: Scene, name: str, options: dict[str, Any], said: str
) -> None:
    await a_take(house, scene)
    result = await scene.ann.slash(thread_of(scene.channel), name, **options)
    assert said in house.refusal(result)
    assert len(await house.tasks()) == 1


async def test_there_is_no_karaoke_of_a_take_without_lyrics(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "instrumental", style="piano", title="Night Bus")
    await house.play()
    result = await scene.ann.slash(thread_of(scene.channel), "export", take="1", format="karaoke")
    assert "has no lyrics" in house.refusal(result)


async def test_an_export_arrives_and_its_card_leads_to_it(house: House, scene: Scene) -> None:
    await a_take(house, scene)
    thread = thread_of(scene.channel)
    card = await scene.ann.slash(thread, "export", take="1", format="midi")
    await house.call_out()
    posted = thread.history()[-1]
    assert posted.attachments[0].filename.endswith(".mid")
    assert str(embed_of(posted).description).startswith("The notes as a MIDI file")
    assert card.response is not None
    (shown,) = [message for message in thread.history() if message.id == card.response.id]
    assert f"[MIDI file](https://discord.com/channels/{scene.guild.id}/{thread.id}/{posted.id})" in str(
        embed_of(shown).description
    )


async def test_a_drafted_lyric_stands_on_its_card_and_is_sung_in_its_own_song(house: House, scene: Scene) -> None:
    card = await scene.ann.slash(scene.channel, "lyrics", about="a bus")
    await house.play()
    assert card.response is not None
    (shown,) = [message for message in scene.channel.history() if message.id == card.response.id]
    assert "streetlight on the window" in str(embed_of(shown).description)
    assert list(buttons_of(shown)) == ["Sing it"]
    await fill(scene.bob, await scene.bob.click(shown, label="Sing it"), {"style": "folk"})
    request, task = await asked(house), await house.task()
    assert isinstance(request, Generate)
    assert (request.prompt, request.tags, task.version, task.song_id) == (house.studio.prompt, "folk", 1, 1)


async def test_a_singer_sings_by_name(house: House, scene: Scene) -> None:
    await a_take(house, scene)
    await scene.ann.slash(thread_of(scene.channel), "singer create", take="1", name="Robin")
    await house.call_out()
    await scene.bob.slash(scene.channel, "song", lyrics="la", singer="robin")
    request = await asked(house)
    assert isinstance(request, Generate)
    assert (request.persona_id, request.persona_name) == ("persona-2", "Robin")
    refused = await scene.bob.slash(scene.channel, "singer remove", name="Robin")
    assert "Only <@" in house.refusal(refused)
    listed = await scene.bob.slash(scene.channel, "singer list")
    assert "Robin" in str(embed_of(listed).description)


async def test_the_menu_of_a_message_revises_its_take(house: House, scene: Scene) -> None:
    take = await a_take(house, scene)
    opened = await scene.bob.context_menu(thread_of(scene.channel), "Revise this take", take)
    await fill(scene.bob, opened, {"lyrics": "quite other words"})
    request = await asked(house)
    assert isinstance(request, Generate)
    assert (request.prompt, request.tags, request.title) == ("quite other words", "indie folk", "Night Bus")


async def test_a_message_that_is_no_take_cannot_be_revised(house: House, scene: Scene) -> None:
    said = await scene.bob.send(scene.channel, "hello")
    result = await scene.ann.context_menu(scene.channel, "Revise this take", said)
    assert house.refusal(result) == "That message is no take of mine."


async def test_the_menu_of_a_message_sings_it(house: House, scene: Scene) -> None:
    said = await scene.bob.send(scene.channel, "Rain on the harbour\nand nobody there")
    opened = await scene.ann.context_menu(scene.channel, "Sing this message", said)
    await fill(scene.ann, opened, {"style": "shanty"})
    request = await asked(house)
    assert isinstance(request, Generate)
    assert (request.prompt, request.tags) == ("Rain on the harbour\nand nobody there", "shanty")


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("export", {"take": "1", "format": "mp4"}, "`format` must be one of the formats"),
        ("sfx", {"text": "rain", "kind": "roar"}, "`kind` must be a loop or once"),
    ],
)
async def test_a_forged_choice_is_refused(
    house: House, scene: Scene, name: str, options: dict[str, Any], said: str
) -> None:
    await a_take(house, scene)
    assert said in house.refusal(await forged_command(scene.bob, thread_of(scene.channel), name, **options))


async def test_what_drafted_no_lyric_cannot_be_sung(house: House, scene: Scene) -> None:
    take = await a_take(house, scene)
    result = await forged_press(scene.bob, take, "m1:sing:1")
    assert house.refusal(result) == "This button no longer leads anywhere: its song is not known here."


@pytest.mark.parametrize("act", ["more", "cover", "stem", "full", "singer", "sing", "remaster", "karaoke"])
async def test_a_forged_button_leads_nowhere(house: House, scene: Scene, act: str) -> None:
    take = await a_take(house, scene)
    result: InteractionResult = await forged_press(scene.bob, take, f"m1:{act}:99")
    assert house.refusal(result) == "This button no longer leads anywhere: its song is not known here."
    assert len(await house.tasks()) == 1
