"""A real discord.py bot lives in the local Discord: login, commands, answers, buttons, forms, files, threads."""

import asyncio
import io
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.gateway import KeepAliveHandler

from sandbox.discord.wire import gateway
from tests.sandbox.discord.conftest import Bot, Place, online


async def test_a_bot_logs_in_and_sees_the_server(point: Place) -> None:
    async with online(Bot()) as bot:
        guild = bot.guilds[0]
        assert guild.name == "The Songwriting Room"
        assert guild.me.guild_permissions.value == 309237763072
        assert [channel.name for channel in guild.text_channels] == ["songs", "songwriting", "general"]
        assert bot.user is not None
        assert bot.user.id == bot.application_id


async def test_a_slash_command_is_answered_with_its_options(point: Place) -> None:
    bot = Bot()
    seen: dict[str, Any] = {}

    @bot.tree.command(description="Write a song")
    async def song(interaction: discord.Interaction, title: str, verses: app_commands.Range[int, 1, 5] = 2) -> None:
        seen.update(user=interaction.user.name, limit=interaction.filesize_limit, channel=interaction.channel)
        await interaction.response.send_message(f"{title} in {verses} verses")

    async with online(bot):
        answer = await point.person("ben").run("song", options={"title": "Rain", "verses": 3})
    assert answer["state"] == "answered"
    assert answer["message"]["content"] == "Rain in 3 verses"
    assert seen["user"] == "ben"
    assert seen["limit"] == 10 * 1024 * 1024
    assert isinstance(seen["channel"], discord.TextChannel)
    assert (await point.person("gus").read())[-1]["content"] == "Rain in 3 verses"


async def test_a_message_with_a_file_gets_a_thread_and_can_be_heard(point: Place) -> None:
    async with online(Bot()) as bot:
        channel = bot.get_channel(int(point.channel("songs")))
        assert isinstance(channel, discord.TextChannel)
        card = await channel.send("the card")
        thread = await card.create_thread(name="Rain")
        take = await thread.send(embed=discord.Embed(title="v1a"), file=discord.File(io.BytesIO(b"ID3data"), "v1a.mp3"))
        assert thread.id == card.id
        assert take.attachments[0].content_type == "audio/mpeg"
        async with point.session.get(take.attachments[0].url, headers={"Range": "bytes=3-5"}) as response:
            assert response.status == 206
            assert response.content_type == "audio/mpeg"
            assert await response.read() == b"dat"
        assert [m.type async for m in thread.history()] == [
            discord.MessageType.default,
            discord.MessageType.thread_starter_message,
        ]
        fresh = await channel.fetch_message(card.id)
        assert fresh.thread is not None
        assert fresh.thread.id == card.id


@pytest.mark.parametrize("name", ["label", "row"])
async def test_a_modal_opens_and_its_text_arrives(point: Place, name: str) -> None:
    bot = Bot()
    got: list[str] = []

    class InLabel(discord.ui.Modal, title="Lyrics"):
        words: Any = discord.ui.Label(text="Words", component=discord.ui.TextInput(custom_id="words", max_length=20))

        async def on_submit(self, interaction: discord.Interaction) -> None:
            assert isinstance(self.words.component, discord.ui.TextInput)
            got.append(self.words.component.value)
            await interaction.response.send_message("sung", ephemeral=True)

    class InRow(discord.ui.Modal, title="Lyrics"):
        words: Any = discord.ui.TextInput(label="Words", custom_id="words", max_length=20)

        async def on_submit(self, interaction: discord.Interaction) -> None:
            got.append(self.words.value)
            await interaction.response.send_message("sung", ephemeral=True)

    @bot.tree.command(description="Open a form")
    async def lyrics(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(InLabel() if name == "label" else InRow())

    async with online(bot):
        chiyo = point.person("chiyo")
        opened = await chiyo.run("lyrics")
        assert opened["state"] == "modal"
        assert opened["modal"]["title"] == "Lyrics"
        sent = await chiyo.post("/interactions/modal", interaction=opened["id"], fields={"words": "la la"})
    assert got == ["la la"]
    assert sent["state"] == "answered"
    assert sent["ephemeral"] is True


class Cheer(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Cheer", custom_id="m1:cheer")
    async def cheer(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.edit_message(content=f"{interaction.user.display_name} cheers", view=None)

    @discord.ui.select(custom_id="m1:who", cls=discord.ui.UserSelect)
    async def who(self, interaction: discord.Interaction, select: discord.ui.UserSelect[Any]) -> None:
        await interaction.response.defer()
        await interaction.followup.send(f"for {select.values[0].name}", ephemeral=True)


async def test_a_button_changes_its_message_and_a_select_brings_the_member(point: Place) -> None:
    bot = Bot()

    @bot.tree.command(description="A card")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("the card", view=Cheer())

    async with online(bot):
        ben, ada = point.person("ben"), point.person("ada")
        message = (await ben.run("card"))["message"]
        picked = await ada.press(message, "m1:who", values=[ben.id])
        pressed = await ben.press(message, "m1:cheer")
        told = await ada.get(f"/interactions/{picked['id']}", wait_ms=100)
    assert pressed["state"] == "answered"
    assert pressed["message"]["id"] == message["id"]
    assert pressed["message"]["content"] == "Ben cheers"
    assert pressed["message"]["components"] == []
    assert told["message"]["content"] == "for ben"
    assert told["message"]["visible_to"] == ada.id


async def test_autocomplete_brings_the_choices_of_the_bot(point: Place) -> None:
    bot = Bot()
    group = app_commands.Group(name="take", description="Takes")
    bot.tree.add_command(group)

    @group.command(description="Play a take")
    async def play(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(f"playing {name}")

    @play.autocomplete("name")
    async def names(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=take, value=take) for take in ("v1a", "v1b", "v2a") if take.startswith(current)
        ]

    async with online(bot):
        ben = point.person("ben")
        body = {"channel": point.channel("general"), "name": "take play", "focused": "name", "options": {"name": "v1"}}
        answer = await ben.post("/interactions/autocomplete", **body)
        played = await ben.run("take play", options={"name": "v1b"})
    assert answer["choices"] == [{"name": "v1a", "value": "v1a"}, {"name": "v1b", "value": "v1b"}]
    assert played["message"]["content"] == "playing v1b"


async def test_an_ephemeral_answer_is_seen_by_its_member_alone(point: Place) -> None:
    bot = Bot()

    @bot.tree.command(description="Whisper")
    async def whisper(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content="psst")

    async with online(bot):
        ben, ada = point.person("ben"), point.person("ada")
        answer = await ben.run("whisper")
        done = await ben.get(f"/interactions/{answer['id']}", wait_ms=500)
        seen, hidden = await ben.read(), await ada.read()
        status, _ = await point.bot("GET", f"/channels/{point.channel('general')}/messages/{done['message']['id']}")
    assert answer["ephemeral"] is True
    assert done["state"] in ("deferred", "answered")
    assert [m["content"] for m in seen] in (["psst"], [""])
    assert hidden == []
    assert status == 404


async def test_menus_and_files_reach_the_bot(point: Place) -> None:
    bot = Bot()

    @bot.tree.context_menu(name="Revise this take")
    async def revise(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"revising {message.content}")

    @bot.tree.context_menu(name="Songs by this member")
    async def songs(interaction: discord.Interaction, user: discord.Member) -> None:
        await interaction.response.send_message(f"songs by {user.name}")

    @bot.tree.command(description="Hum")
    async def hum(interaction: discord.Interaction, file: discord.Attachment) -> None:
        await interaction.response.send_message(f"{file.filename} {(await file.read()).decode()}")

    async with online(bot):
        ben = point.person("ben")
        written = await ben.post(f"/channels/{point.channel('general')}/messages", content="v1a")
        revised = await ben.run("Revise this take", type=3, target=written["id"])
        listed = await ben.run("Songs by this member", type=2, target=point.person("chiyo").id)
        hummed = await ben.run("hum", options={"file": {"filename": "la la.mp3", "data": "bGFsYQ=="}})
    assert revised["message"]["content"] == "revising v1a"
    assert listed["message"]["content"] == "songs by chiyo"
    assert hummed["message"]["content"] == "la_la.mp3 lala"


async def test_a_command_in_a_dm_comes_from_a_user(point: Place) -> None:
    bot = Bot()

    @bot.tree.command(description="Who")
    async def who(interaction: discord.Interaction) -> None:
        direct = isinstance(interaction.channel, discord.DMChannel) and isinstance(interaction.user, discord.User)
        await interaction.response.send_message(str(direct))

    async with online(bot):
        ben = point.person("ben")
        dm = await (await bot.fetch_user(int(ben.id))).create_dm()
        await dm.send("hello Ben")
        answer = await ben.run("who", str(dm.id))
    assert answer["message"]["content"] == "True"
    assert [m["content"] for m in await ben.read(str(dm.id))] == ["hello Ben", "True"]


async def test_a_v2_card_and_a_forum_post_come_back_as_sent(point: Place) -> None:
    view = discord.ui.LayoutView()
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(discord.ui.Button(label="Go", custom_id="go"))
    view.add_item(discord.ui.Container(discord.ui.TextDisplay("Card"), discord.ui.Separator(), row))
    async with online(Bot()) as bot:
        forum = bot.get_channel(int(point.channel("finished-songs")))
        assert isinstance(forum, discord.ForumChannel)
        post = await forum.create_thread(name="Rain", content="finished")
        card = await post.thread.send(view=view)
    assert post.message.id == post.thread.id
    assert card.flags.components_v2
    assert [m["content"] for m in await point.person("gus").read(str(post.thread.id))] == ["finished", ""]


async def test_a_dropped_bot_resumes_without_losing_an_event(point: Place) -> None:
    bot = Bot()
    async with online(bot):
        ben = point.person("ben")
        path = f"/channels/{point.channel('general')}/messages"
        assert await point.call("POST", "/gateway", json={"action": "drop"}) == {"sessions": 1}
        for number in range(3):
            await ben.post(path, content=str(number))
        heard = [(await bot.hear("message"))[0].id for _ in range(3)]
        await bot.hear("resumed")
        assert [m["id"] for m in await ben.read()] == [str(message_id) for message_id in heard]


async def test_the_bot_resumes_when_asked_to_reconnect(point: Place) -> None:
    bot = Bot()
    async with online(bot):
        await bot.hear("ready")
        await point.call("POST", "/gateway", json={"action": "reconnect"})
        await bot.hear("resumed")
        assert (await point.person("ben").get("/world"))["bot_online"] is True


async def test_a_form_may_be_closed_silently_and_answered_with_a_file_later(point: Place) -> None:
    bot = Bot()

    class Form(discord.ui.Modal, title="Lyrics"):
        words: Any = discord.ui.TextInput(label="Words", custom_id="words", default="la")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.defer()
            file = discord.File(io.BytesIO(b"la"), "sheet.txt")
            sent = await interaction.followup.send("sheet", file=file, wait=True)
            await sent.edit(content="the sheet", attachments=[discord.File(io.BytesIO(b"la la"), "sheet2.txt")])

    @bot.tree.command(description="Open a form")
    async def lyrics(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    async with online(bot):
        ben = point.person("ben")
        opened = await ben.run("lyrics")
        sent = await ben.post("/interactions/modal", interaction=opened["id"], fields={})
        while sent["state"] != "answered" or sent["message"]["content"] != "the sheet":
            sent = await ben.get(f"/interactions/{sent['id']}", wait_ms=50)
    assert [a["filename"] for a in sent["message"]["attachments"]] == ["sheet2.txt"]


async def test_a_deferred_answer_can_be_read_and_deleted(point: Place) -> None:
    bot = Bot()

    @bot.tree.command(description="Fleeting")
    async def fleeting(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("soon gone")
        original = await interaction.original_response()
        assert original.content == "soon gone"
        await interaction.delete_original_response()

    async with online(bot):
        ben = point.person("ben")
        await ben.run("fleeting")
        while await ben.read():
            pass


async def test_a_sharded_bot_finds_the_gateway_by_itself(point: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", None)
    bot = discord.AutoShardedClient(intents=discord.Intents(guilds=True), guild_ready_timeout=0.02)
    ready = asyncio.Event()

    @bot.event
    async def on_ready() -> None:
        ready.set()

    task = asyncio.create_task(bot.start("token"))
    await asyncio.wait_for(ready.wait(), 10)
    assert [guild.name for guild in bot.guilds] == ["The Songwriting Room"]
    assert bot.shard_count == 1
    await bot.close()
    await task


async def test_a_bot_whose_heart_beats_fast_stays_connected(point: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "HEARTBEAT_MS", 100)
    beats: asyncio.Queue[None] = asyncio.Queue()
    monkeypatch.setattr(KeepAliveHandler, "ack", lambda _: beats.put_nowait(None))
    async with online(Bot()) as bot:
        session = bot.ws.session_id
        for _ in range(4):
            await asyncio.wait_for(beats.get(), 10)
        assert (bot.ws.session_id, list(point.local.model.sessions.by_id)) == (session, [session])


async def test_threads_can_be_archived_and_fetched(point: Place) -> None:
    async with online(Bot()) as bot:
        channel = bot.get_channel(int(point.channel("songs")))
        assert isinstance(channel, discord.TextChannel)
        thread = await (await channel.send("card")).create_thread(name="Rain", auto_archive_duration=60)
        archived = await thread.edit(archived=True)
        fetched = await bot.fetch_channel(thread.id)
        await thread.send(
            "again", reference=discord.PartialMessage(channel=thread, id=1).to_reference(fail_if_not_exists=False)
        )
    assert archived.archived
    assert isinstance(fetched, discord.Thread)
    assert fetched.auto_archive_duration == 60
