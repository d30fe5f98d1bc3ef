"""The clocks and rules of an interaction, with a bot played over raw REST and gateway."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.sandbox.discord.conftest import Person, Place

SONG = {
    "name": "song",
    "description": "Write a song",
    "options": [
        {"type": 3, "name": "title", "description": "t", "required": True, "min_length": 2, "max_length": 5},
        {"type": 4, "name": "verses", "description": "v", "min_value": 1, "max_value": 3},
        {"type": 3, "name": "mood", "description": "m", "choices": [{"name": "Sad", "value": "sad"}]},
    ],
}
OPTIONS = {"title": "Rain"}


@dataclass
class Actor:
    """A bot that hears interactions and answers when the test says so."""

    place: Place
    socket: aiohttp.ClientWebSocketResponse

    async def hear(self) -> dict[str, Any]:
        while (frame := await self.socket.receive_json(timeout=5))["t"] != "INTERACTION_CREATE":
            pass
        return dict(frame["d"])

    async def answer(self, heard: dict[str, Any], kind: int, **data: Any) -> tuple[int, Any]:
        path = f"/interactions/{heard['id']}/{heard['token']}/callback?with_response=1"
        return await self.place.bot("POST", path, json={"type": kind, "data": data})

    async def webhook(self, method: str, heard: dict[str, Any], rest: str = "", **body: Any) -> tuple[int, Any]:
        path = f"/webhooks/{heard['application_id']}/{heard['token']}{rest}"
        return await self.place.bot(method, path, json=body or None)


@pytest.fixture
async def actor(place: Place) -> AsyncIterator[Actor]:
    await place.bot("PUT", f"/applications/{place.core.world.bot_id}/commands", json=[SONG])
    async with place.session.ws_connect(place.local.gateway_url) as socket:
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": 0}})
        yield Actor(place, socket)


@pytest.fixture
def ben(place: Place) -> Person:
    return place.person("ben")


async def test_an_interaction_carries_what_discords_does(actor: Actor, ben: Person) -> None:
    await ben.run("song", options={**OPTIONS, "verses": 2}, wait_ms=0)
    heard = await actor.hear()
    assert heard["data"]["options"] == [
        {"name": "title", "type": 3, "value": "Rain"},
        {"name": "verses", "type": 4, "value": 2},
    ]
    assert heard["member"]["user"]["id"] == ben.id
    assert int(heard["app_permissions"]) == 309237763072
    assert (heard["locale"], heard["guild_locale"], heard["context"]) == ("en-US", "en-US", 0)
    assert heard["authorizing_integration_owners"] == {"0": heard["guild_id"]}
    assert heard["channel"]["type"] == 0


async def test_the_answer_to_a_command_names_it(actor: Actor, ben: Person) -> None:
    mood = {"type": 1, "name": "mood", "description": "m"}
    group = {"type": 2, "name": "set", "description": "s", "options": [mood]}
    jam = {"name": "jam", "description": "Jam", "options": [group]}
    await actor.place.bot("POST", f"/applications/{actor.place.core.world.bot_id}/commands", json=jam)
    await ben.run("jam set mood", wait_ms=0)
    heard = await actor.hear()
    await actor.answer(heard, 4, content="done")
    await actor.webhook("POST", heard, content="more")
    answer, more = await ben.read()
    known = {name: answer["interaction_metadata"][name] for name in ("id", "type", "user")}
    assert answer["interaction"] == known | {"name": "jam set mood"}
    assert "interaction" not in more


async def test_an_answer_only_one_member_sees_does_not_count_in_its_thread(actor: Actor, ben: Person) -> None:
    _, card = await actor.place.send("card", "songs")
    path = f"/channels/{card['channel_id']}/messages/{card['id']}/threads"
    await actor.place.bot("POST", path, json={"name": "Rain"})
    before = (await actor.place.bot("GET", f"/channels/{card['id']}"))[1]
    await ben.run("song", card["id"], options=OPTIONS, wait_ms=0)
    await actor.answer(await actor.hear(), 4, content="for Ben alone", flags=64)
    assert (await ben.read(card["id"]))[-1]["content"] == "for Ben alone"
    assert (await actor.place.bot("GET", f"/channels/{card['id']}"))[1] == before


async def test_an_unanswered_interaction_fails_after_3_seconds(actor: Actor, ben: Person) -> None:
    waiting = await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    assert waiting["state"] == "waiting"
    await actor.place.advance(3000)
    failed = await ben.get(f"/interactions/{waiting['id']}", wait_ms=500)
    assert (failed["state"], failed["error"]) == ("failed", "The application did not respond")
    status, error = await actor.answer(heard, 4, content="late")
    assert (status, error["code"]) == (404, 10062)


async def test_an_interaction_with_no_bot_fails_at_once(place: Place, ben: Person) -> None:
    await place.bot("PUT", f"/applications/{place.core.world.bot_id}/commands", json=[SONG])
    assert (await ben.run("song", options=OPTIONS))["state"] == "failed"


async def test_a_second_answer_is_refused(actor: Actor, ben: Person) -> None:
    await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    status, first = await actor.answer(heard, 4, content="one")
    assert status == 200
    assert first["interaction"]["response_message_id"] == first["resource"]["message"]["id"]
    assert first["resource"]["message"]["type"] == 20
    assert first["resource"]["message"]["interaction_metadata"]["id"] == heard["id"]
    assert (await actor.answer(heard, 4, content="two"))[1]["code"] == 40060


async def test_a_token_dies_after_15_minutes(actor: Actor, ben: Person) -> None:
    await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    assert (await actor.webhook("POST", heard, content="early"))[1]["code"] == 10015
    await actor.answer(heard, 4, content="one")
    assert (await actor.webhook("GET", heard, "/messages/@original"))[1]["content"] == "one"
    await actor.place.advance(15 * 60_000)
    status, error = await actor.webhook("PATCH", heard, "/messages/@original", content="late")
    assert (status, error["code"]) == (401, 50027)


async def test_a_follow_up_fills_a_deferred_answer_first(actor: Actor, ben: Person) -> None:
    started = await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    _, deferred = await actor.answer(heard, 5)
    assert deferred["interaction"]["response_message_loading"] is True
    original = deferred["resource"]["message"]["id"]
    _, first = await actor.webhook("POST", heard, content="one")
    _, second = await actor.webhook("POST", heard, content="two", flags=64)
    assert first["id"] == original
    assert second["id"] != original
    state = await ben.get(f"/interactions/{started['id']}")
    assert (state["state"], state["message"]["content"]) == ("answered", "one")
    assert [m["content"] for m in await actor.place.person("ada").read()] == ["one"]
    assert await actor.webhook("DELETE", heard, "/messages/@original") == (204, None)
    assert (await actor.webhook("GET", heard, "/messages/@original"))[1]["code"] == 10008


@pytest.mark.parametrize(("kind", "data"), [(6, {}), (7, {"content": "x"}), (8, {"choices": []})])
async def test_an_answer_must_fit_its_interaction(actor: Actor, ben: Person, kind: int, data: dict[str, Any]) -> None:
    await ben.run("song", options=OPTIONS, wait_ms=0)
    status, error = await actor.answer(await actor.hear(), kind, **data)
    assert (status, error["code"]) == (400, 50035)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "The option title is required."),
        ({"title": "Rain", "tempo": 1}, "The command has no option tempo."),
        ({"title": 5}, "The option title must be text."),
        ({"title": "R"}, "The option title must be at least 2 characters."),
        ({"title": "Raining"}, "The option title must be at most 5 characters."),
        ({"title": "Rain", "verses": 9}, "The option verses must be at most 3."),
        ({"title": "Rain", "verses": True}, "The option verses must be a whole number."),
        ({"title": "Rain", "mood": "glad"}, "The option mood must be one of sad."),
    ],
)
async def test_a_wrong_option_is_refused_in_words(
    actor: Actor, ben: Person, options: dict[str, Any], sentence: str
) -> None:
    body = {"as": ben.id, "channel": actor.place.channel("general"), "name": "song", "options": options}
    answer = await actor.place.call("POST", "/interactions/command", json=body, status=400)
    assert answer == {"error": sentence}


async def test_unchecked_sends_what_a_hostile_client_could(actor: Actor, ben: Person) -> None:
    options = {"title": "x" * 100, "verses": 99, "mood": "glad"}
    await ben.run("song", options=options, unchecked=True, wait_ms=0)
    assert [option["value"] for option in (await actor.hear())["data"]["options"]] == ["x" * 100, 99, "glad"]


async def test_a_guest_may_not_use_commands_or_write(actor: Actor) -> None:
    place, gus = actor.place, actor.place.person("gus")
    general = place.channel("general")
    body = {"as": gus.id, "channel": general, "name": "song", "options": OPTIONS}
    refused = await place.call("POST", "/interactions/command", json=body, status=403)
    assert refused["error"] == "You may not use application commands here."
    await place.call("POST", f"/channels/{general}/messages", json={"as": gus.id, "content": "x"}, status=403)


async def test_a_form_is_checked_like_discords_client_does(actor: Actor, ben: Person) -> None:
    opened = await ben.run("song", options=OPTIONS, wait_ms=0)
    field = {"type": 4, "custom_id": "words", "style": 2, "min_length": 3, "max_length": 5}
    parts = [{"type": 18, "label": "Words", "component": field}, {"type": 10, "content": "Sing."}]
    await actor.answer(await actor.hear(), 9, custom_id="m1:form", title="Lyrics", components=parts)
    body = {"as": ben.id, "interaction": opened["id"], "wait_ms": 0}
    for words in ("la", "la la la"):
        await actor.place.call("POST", "/interactions/modal", json=body | {"fields": {"words": words}}, status=400)
    await actor.place.call("POST", "/interactions/modal", json=body | {"fields": {"tune": "x"}}, status=400)
    await ben.post(
        "/interactions/modal", interaction=opened["id"], fields={"words": "la" * 9}, unchecked=True, wait_ms=0
    )
    heard = await actor.hear()
    assert heard["type"] == 5
    assert heard["data"]["components"] == [
        {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "words", "value": "la" * 9}},
        {"type": 10, "id": 3},
    ]
    assert (await actor.answer(heard, 9, custom_id="m", title="t", components=parts))[1]["code"] == 50035


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": "x" * 46}, "title"),
        ({"components": []}, "components"),
        ({"custom_id": "x" * 101}, "custom_id"),
    ],
)
async def test_a_form_has_limits(actor: Actor, ben: Person, change: dict[str, Any], path: str) -> None:
    await ben.run("song", options=OPTIONS, wait_ms=0)
    parts = [{"type": 18, "label": "Words", "component": {"type": 4, "custom_id": "words", "style": 2}}]
    form = {"custom_id": "m", "title": "t", "components": parts}
    status, error = await actor.answer(await actor.hear(), 9, **form | change)
    assert (status, list(error["errors"])) == (400, [path])


async def test_commands_keep_their_ids_and_unchanged_their_versions(place: Place) -> None:
    path = f"/applications/{place.core.world.bot_id}/commands"
    other = {"name": "sing", "description": "Sing", "description_localizations": {"de": "Singe"}}
    _, first = await place.bot("PUT", path, json=[SONG, other])
    _, again = await place.bot("PUT", path, json=[SONG, {**other, "description": "Sing it"}])
    assert again[0] == first[0]
    assert again[1]["id"] == first[1]["id"]
    assert again[1]["version"] != first[1]["version"]
    _, listed = await place.bot("GET", f"{path}?with_localizations=true")
    assert listed == again
    _, bare = await place.bot("GET", path)
    assert "description_localizations" not in bare[1]
    assert await place.bot("DELETE", f"{path}/{first[1]['id']}") == (204, None)
    assert (await place.bot("GET", f"{path}/{first[1]['id']}"))[1]["code"] == 10063
    _, changed = await place.bot("PATCH", f"{path}/{first[0]['id']}", json={"description": "New"})
    assert (changed["id"], changed["description"]) == (first[0]["id"], "New")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Song", "description": "x"},
        {"name": "song"},
        {"name": "song", "description": "x" * 101},
        {"name": "song", "description": "x", "options": [SONG["options"][1], SONG["options"][0]]},
        {"type": 2, "name": "Menu", "description": "x"},
    ],
)
async def test_a_command_discord_would_not_register_is_refused(place: Place, body: dict[str, Any]) -> None:
    status, error = await place.bot("PUT", f"/applications/{place.core.world.bot_id}/commands", json=[body])
    assert (status, error["code"], list(error["errors"])) == (400, 50035, ["0"])


@pytest.mark.parametrize(
    ("restriction", "username", "channel", "sentence"),
    [
        ({"default_member_permissions": "16"}, "ben", "general", "You may not use /song."),
        ({"default_member_permissions": "16"}, "ada", "general", None),
        ({"default_member_permissions": "0"}, "ben", "general", "You may not use /song."),
        ({"contexts": [0]}, "ben", "dm", "/song does not work in a DM."),
        ({"contexts": [1]}, "ben", "general", "/song does not work in a server."),
        ({"dm_permission": False}, "ben", "dm", "/song does not work in a DM."),
        ({}, "ben", "finished-songs", "Commands run inside a post, not in the forum itself."),
    ],
)
async def test_a_command_runs_where_and_for_whom_it_is_registered(
    place: Place, restriction: dict[str, Any], username: str, channel: str, sentence: str | None
) -> None:
    await place.bot("PUT", f"/applications/{place.core.world.bot_id}/commands", json=[SONG | restriction])
    person = place.person(username)
    direct = next(c.id for c in place.core.world.channels.values() if person.id in c.recipients)
    where = direct if channel == "dm" else place.channel(channel)
    body = {"as": person.id, "channel": where, "name": "song", "options": OPTIONS}
    async with place.session.post(f"{place.local.url}/sandbox/v1/interactions/command", json=body) as response:
        assert (await response.json()).get("error") == (sentence or "The application did not respond")


async def test_suggestions_of_a_bot_that_is_offline_fail_to_load(place: Place) -> None:
    command = SONG | {"options": [{"type": 3, "name": "take", "description": "t", "autocomplete": True}]}
    await place.bot("PUT", f"/applications/{place.core.world.bot_id}/commands", json=[command])
    body = {"channel": place.channel("general"), "name": "song", "focused": "take", "as": place.person("ben").id}
    answer = await place.call("POST", "/interactions/autocomplete", json=body, status=504)
    assert answer == {"error": "Loading options failed."}


async def test_another_members_interaction_and_message_stay_unknown(actor: Actor, ben: Person) -> None:
    started = await ben.run("song", options=OPTIONS, wait_ms=0)
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "m1:x"}]}
    _, answer = await actor.answer(await actor.hear(), 4, content="psst", flags=64, components=[row])
    message = answer["resource"]["message"]
    chiyo = actor.place.person("chiyo")
    await actor.place.call("GET", f"/interactions/{started['id']}", params={"as": chiyo.id}, status=404)
    body = {"channel": message["channel_id"], "message": message["id"], "custom_id": "m1:x", "wait_ms": 0}
    await actor.place.call("POST", "/interactions/component", json=body | {"as": chiyo.id}, status=404)
    await ben.post("/interactions/component", **body)
    assert (await actor.hear())["message"]["flags"] & 64


async def test_languages_reach_the_bot(actor: Actor, ben: Person) -> None:
    spoken = await actor.place.call("PATCH", f"/members/{ben.id}", json={"locale": "zh-TW"})
    assert (spoken["username"], spoken["locale"]) == ("ben", "zh-TW")
    await actor.place.call("PATCH", "/settings", json={"guild_locale": "zh-CN"})
    await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    assert (heard["locale"], heard["guild_locale"]) == ("zh-TW", "zh-CN")


async def test_a_token_reaches_its_own_messages_alone(actor: Actor, ben: Person) -> None:
    _, other = await actor.place.send("a take")
    await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    await actor.answer(heard, 4, content="one")
    assert (await actor.webhook("PATCH", heard, f"/messages/{other['id']}", content="x"))[1]["code"] == 10008


async def test_follow_ups_of_one_token_have_a_bucket_and_its_first_answer_has_none(actor: Actor, ben: Person) -> None:
    await actor.place.set(webhook_limit=5, global_limit=1)
    await ben.run("song", options=OPTIONS, wait_ms=0)
    heard = await actor.hear()
    assert (await actor.answer(heard, 4, content="begun"))[0] == 200
    answers = [await actor.webhook("POST", heard, content="more") for _ in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [429]
    assert answers[-1][1]["retry_after"] <= 2
