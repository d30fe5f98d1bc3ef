"""Messages over REST: sending once, replying, reading, editing, files."""

import aiohttp
import pytest

from tests.sandbox.discord.conftest import Place


def form(payload: str, **files: bytes) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("payload_json", payload)
    for index, (name, content) in enumerate(files.items()):
        data.add_field(f"files[{index}]", content, filename=f"{name}.mp3", content_type="application/octet-stream")
    return data


async def test_answers_are_exactly_application_json(place: Place) -> None:
    url = f"{place.local.api_url}/users/@me"
    async with place.session.get(url, headers={"Authorization": "Bot token"}) as response:
        assert response.headers["Content-Type"] == "application/json"
        assert "Via" in response.headers


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bot invalid-token"}, {"Authorization": "token"}])
async def test_a_bad_token_is_unauthorized(place: Place, headers: dict[str, str]) -> None:
    async with place.session.get(f"{place.local.api_url}/users/@me", headers=headers) as response:
        assert response.status == 401
        assert await response.json() == {"message": "401: Unauthorized", "code": 0}


async def test_a_missing_route_names_itself(place: Place) -> None:
    status, error = await place.bot("POST", "/guilds/1/bans")
    assert status == 501
    assert error["message"] == "The local Discord has no route POST /guilds/1/bans."


async def test_an_enforced_nonce_sends_once_within_its_window(place: Place) -> None:
    _, first = await place.send(nonce="n1", enforce_nonce=True)
    _, again = await place.send(nonce="n1", enforce_nonce=True)
    _, unenforced = await place.send(nonce="n1")
    await place.advance(180_000)
    _, late = await place.send(nonce="n1", enforce_nonce=True)
    assert first["id"] == again["id"]
    assert first["nonce"] == "n1"
    assert len({first["id"], unenforced["id"], late["id"]}) == 3


async def test_the_nonce_of_a_deleted_message_answers_unknown_message(place: Place) -> None:
    _, first = await place.send(nonce=1, enforce_nonce=True)
    await place.bot("DELETE", f"/channels/{first['channel_id']}/messages/{first['id']}")
    status, error = await place.send(nonce=1, enforce_nonce=True)
    assert (status, error["code"]) == (404, 10008)


async def test_a_reply_to_a_deleted_message_is_refused_unless_told_to_go_on(place: Place) -> None:
    _, target = await place.send("gone")
    _, reply = await place.send("re", message_reference={"message_id": target["id"]})
    assert (reply["type"], reply["referenced_message"]["content"]) == (19, "gone")
    await place.bot("DELETE", f"/channels/{target['channel_id']}/messages/{target['id']}")
    status, error = await place.send("re", message_reference={"message_id": target["id"]})
    assert (status, error["code"]) == (400, 50035)
    assert error["errors"]["message_reference"]["_errors"][0]["code"] == "REPLIES_UNKNOWN_MESSAGE"
    status, plain = await place.send("re", message_reference={"message_id": target["id"], "fail_if_not_exists": False})
    assert (status, plain["type"]) == (200, 0)


async def test_the_starter_of_a_thread_cannot_be_replied_to(place: Place) -> None:
    _, card = await place.send()
    await place.bot("POST", f"/channels/{card['channel_id']}/messages/{card['id']}/threads", json={"name": "t"})
    _, history = await place.bot("GET", f"/channels/{card['id']}/messages")
    status, error = await place.send("re", card["id"], message_reference={"message_id": history[0]["id"]})
    assert status == 400
    code = error["errors"]["message_reference"]["_errors"][0]["code"]
    assert code == "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE"


async def test_history_is_newest_first_and_pages_both_ways(place: Place) -> None:
    sent = [(await place.send(str(n)))[1]["id"] for n in range(6)]
    path = f"/channels/{place.channel('general')}/messages"

    async def page(query: str) -> list[int]:
        return [sent.index(message["id"]) for message in (await place.bot("GET", f"{path}?{query}"))[1]]

    assert await page("limit=2") == [5, 4]
    assert await page(f"limit=2&before={sent[3]}") == [2, 1]
    assert await page(f"limit=2&after={sent[1]}") == [3, 2]
    assert await page(f"limit=3&around={sent[2]}") == [3, 2, 1]
    status, _ = await place.bot("GET", f"{path}?limit=101")
    assert status == 400


async def test_history_is_empty_without_the_permission_to_read_it(place: Place) -> None:
    _, message = await place.send()
    body = {"member": "bot", "allow": [], "deny": ["READ_MESSAGE_HISTORY"]}
    await place.call("PUT", "/permissions", json=body)
    path = f"/channels/{message['channel_id']}/messages"
    assert await place.bot("GET", path) == (200, [])
    assert (await place.bot("GET", f"{path}/{message['id']}"))[1]["code"] == 50001
    assert (await place.send(message_reference={"message_id": message["id"]}))[1]["code"] == 160002


async def test_an_edit_keeps_the_files_it_does_not_speak_of(place: Place) -> None:
    path = f"/channels/{place.channel('general')}/messages"
    _, message = await place.bot("POST", path, data=form('{"content": "takes"}', a=b"1", b=b"22"))
    first, second = message["attachments"]
    assert (first["filename"], second["filename"], second["size"]) == ("a.mp3", "b.mp3", 2)
    _, edited = await place.bot("PATCH", f"{path}/{message['id']}", json={"content": "two takes"})
    assert [a["id"] for a in edited["attachments"]] == [first["id"], second["id"]]
    assert edited["edited_timestamp"] is not None
    payload = f'{{"attachments": [{{"id": "{second["id"]}"}}, {{"id": 0, "description": "new"}}]}}'
    _, edited = await place.bot("PATCH", f"{path}/{message['id']}", data=form(payload, c=b"333"))
    assert [a["filename"] for a in edited["attachments"]] == ["b.mp3", "c.mp3"]
    assert edited["attachments"][1]["description"] == "new"
    _, bare = await place.bot("PATCH", f"{path}/{message['id']}", json={"attachments": []})
    assert bare["attachments"] == []


async def test_a_file_shown_in_an_embed_is_linked_there(place: Place) -> None:
    path = f"/channels/{place.channel('general')}/messages"
    payload = '{"embeds": [{"title": "v1a", "image": {"url": "attachment://a.mp3"}}]}'
    _, message = await place.bot("POST", path, data=form(payload, a=b"1"))
    assert message["attachments"] == []
    async with place.session.get(message["embeds"][0]["image"]["url"]) as response:
        assert await response.read() == b"1"
    status, error = await place.bot("POST", path, json={"embeds": [{"image": {"url": "attachment://no.png"}}]})
    assert (status, error["code"]) == (400, 50035)


async def test_a_link_to_a_file_expires_and_cannot_be_forged(place: Place) -> None:
    path = f"/channels/{place.channel('general')}/messages"
    _, message = await place.bot("POST", path, data=form("{}", a=b"1"))
    url = message["attachments"][0]["url"]

    async def status(link: str) -> int:
        async with place.session.get(link) as response:
            return response.status

    assert await status(url) == 200
    assert await status(url.replace("hm=", "hm=0")) == 404
    assert await status(url.split("?")[0]) == 404
    await place.advance(24 * 3600 * 1000 + 1000)
    assert await status(url) == 404
    _, fresh = await place.bot("GET", f"{path}/{message['id']}")
    assert await status(fresh["attachments"][0]["url"]) == 200


async def test_a_file_over_the_limit_is_too_large(place: Place) -> None:
    await place.call("PATCH", "/settings", json={"upload_limit": 100})
    path = f"/channels/{place.channel('general')}/messages"
    status, error = await place.bot("POST", path, data=form("{}", a=b"x" * 101))
    assert (status, error["code"]) == (413, 40005)
    status, _ = await place.bot("POST", path, data=form("{}", a=b"x" * 100))
    assert status == 200
    assert list((place.core.files.incoming).iterdir()) == []


async def test_only_its_author_edits_a_message_and_only_a_moderator_deletes_it(place: Place) -> None:
    written = await place.person("ben").post(f"/channels/{place.channel('general')}/messages", content="mine")
    path = f"/channels/{written['channel_id']}/messages/{written['id']}"
    assert (await place.bot("PATCH", path, json={"content": "x"}))[1]["code"] == 50005
    assert (await place.bot("DELETE", path))[1]["code"] == 50013
    assert (await place.bot("PUT", f"/channels/{written['channel_id']}/messages/pins/{written['id']}"))[1][
        "code"
    ] == 50013
    body = {"member": "bot", "allow": ["MANAGE_MESSAGES", "PIN_MESSAGES"], "deny": []}
    await place.call("PUT", "/permissions", json=body)
    assert await place.bot("PUT", f"/channels/{written['channel_id']}/pins/{written['id']}") == (204, None)
    _, pins = await place.bot("GET", f"/channels/{written['channel_id']}/messages/pins")
    assert [item["message"]["id"] for item in pins["items"]] == [written["id"]]
    assert await place.bot("DELETE", path) == (204, None)


@pytest.mark.parametrize(
    ("denied", "body", "channel"),
    [
        ("SEND_MESSAGES", {}, "general"),
        ("EMBED_LINKS", {"embeds": [{"title": "t"}]}, "general"),
    ],
)
async def test_a_send_without_permission_is_refused(
    place: Place, denied: str, body: dict[str, object], channel: str
) -> None:
    await place.call(
        "PUT",
        "/permissions",
        json={"channel": place.channel(channel), "member": "bot", "allow": [], "deny": [denied]},
    )
    status, error = await place.send("hello", channel, **body)
    assert (status, error) == (403, {"message": "Missing Permissions", "code": 50013})
