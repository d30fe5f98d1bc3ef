"""`/help`."""

from __future__ import annotations

import pytest

from bot.client import REQUIRED_PERMISSIONS
from tests.cogs.house import House, Scene, embed_of


async def test_help_begins_with_what_to_type_first(house: House, scene: Scene) -> None:
    result = await scene.ann.slash(scene.channel, "help")

    assert result.response is not None
    assert result.response.ephemeral
    text = str(embed_of(result).description)
    assert text.startswith("**Start with** `/song`")
    assert text.endswith("Minstrel may do everything it needs here.")
    for command in ("/inspire", "/instrumental", "/extend", "/queue", "/cancel"):
        assert command in text


@pytest.mark.parametrize(
    ("denied", "names", "effect"),
    [
        ({"create_public_threads": False}, "Create Public Threads", "as replies in the channel"),
        (
            {"attach_files": False, "create_public_threads": False},
            "Attach Files, Create Public Threads",
            "in your private messages",
        ),
    ],
)
async def test_help_names_the_permissions_that_are_missing_here_and_what_follows(
    house: House, scene: Scene, denied: dict[str, bool], names: str, effect: str
) -> None:
    channel = house.narrow_channel(scene.guild, **denied)
    text = str(embed_of(await scene.ann.slash(channel, "help")).description)

    assert f"**Missing here:** {names}." in text
    assert "An admin of this server can allow it" in text
    assert effect in text


async def test_help_in_private_speaks_of_no_permissions(house: House, scene: Scene) -> None:
    text = str(embed_of(await scene.ann.user.slash("help")).description)

    assert "everything it needs" not in text
    assert "Missing" not in text


def test_every_required_permission_has_a_name(house: House) -> None:
    for name, needed in REQUIRED_PERMISSIONS:
        if needed:
            assert house.book.say("en-US", f"permission-{name}")
