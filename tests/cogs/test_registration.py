"""What Discord is told of the commands, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from tests.cogs.house import House

COMMANDS = "/applications/{}/commands"


def registrations(house: House) -> list[list[dict[str, Any]]]:
    """The payload of every overwrite so far."""
    path = COMMANDS.format(house.env.bot.application_id)
    return [
        cast(list[dict[str, Any]], request.json)
        for request in house.env.http_requests
        if (request.method, request.path) == ("PUT", path)
    ]


def described(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The command and its options."""
    yield node
    for option in node.get("options", []):
        yield from described(option)


async def test_the_commands_are_registered_once_and_not_again_at_the_next_start(house: House) -> None:
    assert len(registrations(house)) == 1
    await house.restart()
    assert len(registrations(house)) == 1


async def test_commands_that_differ_are_registered_again(house: House) -> None:
    house.bot.tree.remove_command("help")
    await house.bot.sync_commands()
    whole = len(registrations(house)[0])
    assert [len(payload) for payload in registrations(house)] == [whole, whole - 1]

    await house.restart()
    assert [len(payload) for payload in registrations(house)] == [whole, whole - 1, whole]


async def test_the_payload_holds_sentences_within_discords_limits_and_no_ids(house: House) -> None:
    (payload,) = registrations(house)

    assert {command["name"] for command in payload} == {
        *("song", "inspire", "instrumental", "extend", "cover", "remaster", "replace", "vocals", "backing"),
        *("hum", "upload", "sfx", "lyrics", "singer", "export", "show", "recover", "library", "queue"),
        *("cancel", "help"),
        *("Revise this take", "Sing this message"),
    }
    for command in (command for command in payload if command["type"] == 1):
        for node in described(command):
            assert 1 <= len(node["description"]) <= 100
            assert not node["description"].startswith(("command-", "option-"))
            assert " " in node["description"]


async def test_commands_work_in_servers_and_in_private_with_the_bot_alone(house: House) -> None:
    (payload,) = registrations(house)

    assert {tuple(command["contexts"]) for command in payload} == {(0, 1)}
    assert {tuple(command["integration_types"]) for command in payload} == {(0,)}


async def test_names_of_takes_and_tasks_are_offered_while_typing(house: House) -> None:
    (payload,) = registrations(house)
    nodes = [node for command in payload for node in described(command)]
    offered = {
        (node["name"], option["name"])
        for node in nodes
        for option in node.get("options", [])
        if option.get("autocomplete")
    }

    of_takes = ("extend", "cover", "remaster", "replace", "vocals", "backing", "create", "export", "show")
    assert offered == {
        *((command, "take") for command in of_takes),
        *((command, "singer") for command in ("song", "inspire")),
        ("remove", "name"),
        ("cancel", "task"),
    }
