"""The bot asks Discord for as little as it needs, and says the same everywhere: in code, on the wire, in the README."""

from __future__ import annotations

import re
from pathlib import Path

import discord
import pytest

from bot.client import REQUIRED_PERMISSIONS, MinstrelBot
from tests.cogs.house import BOOK, House, Scene

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
REQUIRED = 309237763072
INVITED = 2252109051448320
NEEDED = {  # `read_messages` is View Channel
    *("read_messages", "send_messages", "send_messages_in_threads", "create_public_threads"),
    *("attach_files", "embed_links", "read_message_history"),
}


def test_seven_permissions_are_required_and_none_of_them_governs_anybody() -> None:
    assert REQUIRED_PERMISSIONS.value == REQUIRED
    assert {name for name, needed in REQUIRED_PERMISSIONS if needed} == NEEDED
    elevated = discord.Permissions.elevated()
    assert REQUIRED_PERMISSIONS.value & elevated.value == 0


def test_the_invite_of_the_readme_asks_for_these_and_for_pinning() -> None:
    asked = {int(number) for number in re.findall(r"permissions=(\d+)", README)}
    assert asked == {INVITED}
    more = discord.Permissions(INVITED ^ REQUIRED)
    assert {name for name, wanted in more if wanted} == {"pin_messages"}


async def test_the_bot_hears_of_servers_and_of_nothing_else() -> None:
    bot = MinstrelBot(BOOK, retention_days=30)
    assert bot.intents.value == 1
    assert bot.allowed_mentions is not None
    assert dict(bot.allowed_mentions.to_dict()) == {"parse": []}


@pytest.mark.parametrize("lacking", sorted(NEEDED - {"read_messages"}))
async def test_every_permission_that_is_required_is_missed_where_it_lacks(
    house: House, scene: Scene, lacking: str
) -> None:
    """What nobody would miss must not be asked for."""
    channel = house.narrow_channel(scene.guild, **{lacking: False})
    shown = await scene.ann.slash(channel, "help")
    assert shown.response is not None
    (embed,) = shown.response.embeds
    assert BOOK.say("en-US", f"permission-{lacking}") in str(embed.description)


async def test_commands_can_be_installed_by_servers_alone(house: House, scene: Scene) -> None:
    """Installed by a member it would answer where its own permissions count for nothing."""
    assert house.bot.tree.allowed_installs is not None
    assert house.bot.tree.allowed_installs.to_array() == [0]
    assert house.bot.tree.allowed_contexts is not None
    assert sorted(house.bot.tree.allowed_contexts.to_array()) == [0, 1]
