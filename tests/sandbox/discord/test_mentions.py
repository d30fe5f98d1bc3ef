"""Whom a message pings, by its text, `allowed_mentions` and what its author may."""

from typing import Any

import pytest

from tests.sandbox.discord.conftest import Place


async def pinged(place: Place, content: str, **body: Any) -> tuple[list[str], int, bool]:
    _, message = await place.send(content, **body)
    names = [user["username"] for user in message["mentions"]]
    return names, len(message["mention_roles"]), message["mention_everyone"]


@pytest.mark.parametrize(
    ("allowed", "names"),
    [
        (None, ["ben", "gus"]),
        ({"parse": ["users"]}, ["ben", "gus"]),
        ({"parse": []}, []),
        ({"users": ["GUS"]}, ["gus"]),
    ],
)
async def test_only_those_users_are_pinged_who_may_be(place: Place, allowed: Any, names: list[str]) -> None:
    ben, gus = place.person("ben").id, place.person("gus").id
    if allowed and "users" in allowed:
        allowed = {"users": [gus]}
    body = {} if allowed is None else {"allowed_mentions": allowed}
    assert await pinged(place, f"<@{ben}> and <@!{gus}> and <@1> and @everyone", **body) == (names, 0, False)


async def test_roles_and_everyone_need_the_permission_too(place: Place) -> None:
    role = next(role.id for role in place.core.world.guild.roles.values() if role.name == "Admin")
    assert await pinged(place, f"<@&{role}> @everyone") == ([], 0, False)
    await place.deny(allow=["MENTION_EVERYONE"])
    assert await pinged(place, f"<@&{role}> @everyone") == ([], 1, True)
    assert await pinged(place, f"<@&{role}> @here", allowed_mentions={"parse": ["users"]}) == ([], 0, False)


async def test_a_reply_pings_whom_it_answers_unless_told_not_to(place: Place) -> None:
    written = await place.person("ben").post(f"/channels/{place.channel('general')}/messages", content="la")
    reference = {"message_id": written["id"]}
    assert (await pinged(place, "re", message_reference=reference))[0] == ["ben"]
    assert (await pinged(place, "re", message_reference=reference, allowed_mentions={"parse": []}))[0] == []
    replied = {"parse": [], "replied_user": True}
    assert (await pinged(place, "re", message_reference=reference, allowed_mentions=replied))[0] == ["ben"]


async def test_an_edit_is_looked_through_anew(place: Place) -> None:
    _, message = await place.send(f"<@{place.person('ben').id}>")
    path = f"/channels/{message['channel_id']}/messages/{message['id']}"
    _, quiet = await place.bot("PATCH", path, json={"content": f"<@{place.person('gus').id}>"})
    assert [user["username"] for user in quiet["mentions"]] == ["gus"]
    _, same = await place.bot("PATCH", path, json={"embeds": []})
    assert same["mentions"] == quiet["mentions"]


async def test_all_users_and_single_ones_exclude_each_other(place: Place) -> None:
    status, error = await place.send("x", allowed_mentions={"parse": ["users"], "users": [place.person("ben").id]})
    assert (status, list(error["errors"])) == (400, ["allowed_mentions"])
