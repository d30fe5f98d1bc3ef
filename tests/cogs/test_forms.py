"""Forms: what opens, what is sent, and what was open while the bot restarted."""

from __future__ import annotations

import pytest
from simcord import InteractionResult

from db.states import TaskState
from tests.cogs.house import House, Scene, embed_of, forged_form, takes_in, thread_of


def fields_of(shown: InteractionResult) -> dict[str, dict[str, object]]:
    """Name -> text input of an open form."""
    assert shown.modal is not None
    return {label["component"]["custom_id"]: label["component"] for label in shown.modal["components"]}


async def test_song_with_nothing_given_opens_a_form_with_room_for_lyrics(house: House, scene: Scene) -> None:
    shown = await scene.ann.slash(scene.channel, "song")

    assert shown.modal is not None
    assert shown.modal["title"] == "Write a song"
    fields = fields_of(shown)
    assert list(fields) == ["lyrics", "style", "title"]
    assert fields["lyrics"]["style"] == 2
    assert fields["lyrics"]["max_length"] == 4000
    assert await house.tasks() == []


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_sent_form_makes_one_task_also_if_it_was_open_during_a_restart(
    house: House, scene: Scene, restarted: bool
) -> None:
    shown = await scene.ann.slash(scene.channel, "song")
    if restarted:
        await house.restart()
    sent = await scene.ann.submit_modal(shown, {"lyrics": "[Verse]\nla", "style": "folk", "title": "Night Bus"})

    assert embed_of(sent).title == "Night Bus · v1"
    (task,) = await house.tasks()
    assert task.state is TaskState.QUEUED
    await house.play()
    assert house.studio.generated[0].prompt == "[Verse]\nla"


async def test_an_empty_form_is_refused_and_names_the_field(house: House, scene: Scene) -> None:
    shown = await scene.ann.slash(scene.channel, "song")
    sent = await scene.ann.submit_modal(shown, {"lyrics": "", "style": "", "title": "Night Bus"})

    assert "`lyrics`" in house.refusal(sent)
    assert await house.tasks() == []


@pytest.mark.parametrize(("typed", "second"), [("30", 30), ("1:24", 84), (" 0:05 ", 5), ("", 84)])
async def test_the_second_of_an_extension_may_be_written_as_cards_write_it(
    house: House, scene: Scene, typed: str, second: int
) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()
    shown = await scene.ann.click(takes_in(thread_of(scene.channel))[0], label="Extend")
    await scene.ann.submit_modal(shown, {"at": typed, "lyrics": "more", "style": "folk"})
    await house.submit()

    assert house.studio.generated[-1].continue_at == second


async def test_a_second_that_is_none_is_refused(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()
    for typed in ("soon", "-1", "1.5", "85", "9" * 5000, "1:99:00"):
        sent = await forged_form(scene.ann, scene.channel, "m1:extend:1", at=typed, lyrics="more", style="folk")
        assert "`at`" in house.refusal(sent)
    assert len(await house.tasks()) == 1


async def test_a_form_nobody_knows_is_answered_and_does_nothing(house: House, scene: Scene) -> None:
    for custom_id in ("m1:extend:999", "m1:again:1", "m1:dance:1", "hello", ""):
        sent = await forged_form(scene.ann, scene.channel, custom_id, at="1", lyrics="more")
        assert "no longer leads anywhere" in house.refusal(sent)
    assert await house.tasks() == []


async def test_a_form_without_fields_is_answered(house: House, scene: Scene) -> None:
    sent = await forged_form(scene.ann, scene.channel, "m1:song:0")

    assert "`lyrics`" in house.refusal(sent)


async def test_a_form_that_breaks_gives_a_reference_and_never_the_text(
    house: House, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(*_: object) -> None:
        raise RuntimeError("secret=hunter2")

    shown = await scene.ann.slash(scene.channel, "song")
    monkeypatch.setattr(house.service, "ask", explode)
    sent = await scene.ann.submit_modal(shown, {"lyrics": "la"})

    said = house.refusal(sent)
    assert "reference" in said
    assert "hunter2" not in said
