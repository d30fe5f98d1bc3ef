"""hikari, a second library with its own idea of the protocol, meets what it expects of Discord."""

import asyncio
import base64

import hikari

from tests.sandbox.discord.conftest import Place


async def test_hikari_logs_in_registers_answers_and_sends_a_file(strict: Place) -> None:
    name = base64.b64encode(strict.core.world.bot_id.encode()).decode().rstrip("=")
    bot = hikari.GatewayBot(
        f"{name}.made.up",
        intents=hikari.Intents.ALL_UNPRIVILEGED,
        rest_url=strict.local.api_url,
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
    )
    met: asyncio.Queue[hikari.Guild] = asyncio.Queue()
    done: asyncio.Queue[hikari.Message] = asyncio.Queue()

    async def on_guild(event: hikari.GuildAvailableEvent) -> None:
        met.put_nowait(event.guild)

    async def on_interaction(event: hikari.InteractionCreateEvent) -> None:
        interaction = event.interaction
        assert isinstance(interaction, hikari.CommandInteraction)
        assert interaction.options is not None
        title = interaction.options[0].value
        await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, f"{title} begins")
        file = hikari.Bytes(b"ID3data", "v1a.mp3")
        done.put_nowait(await bot.rest.create_message(interaction.channel_id, f"{title} is done", attachment=file))

    bot.subscribe(hikari.GuildAvailableEvent, on_guild)
    bot.subscribe(hikari.InteractionCreateEvent, on_interaction)
    await bot.start(check_for_updates=False)
    try:
        guild = await asyncio.wait_for(met.get(), 10)
        assert guild.name == "The Songwriting Room"
        title = hikari.CommandOption(
            type=hikari.OptionType.STRING, name="title", description="What it is called", is_required=True
        )
        builder = bot.rest.slash_command_builder("song", "Write a song").add_option(title)
        application = await bot.rest.fetch_application()
        [command] = await bot.rest.set_application_commands(application, [builder])
        assert command.name == "song"
        answer = await strict.person("ben").run("song", options={"title": "Rain"})
        message = await asyncio.wait_for(done.get(), 10)
    finally:
        await bot.close()
    assert (answer["state"], answer["message"]["content"]) == ("answered", "Rain begins")
    assert message.attachments[0].media_type == "audio/mpeg"
    async with strict.session.get(message.attachments[0].url) as response:
        assert await response.read() == b"ID3data"
    ledger = await strict.call("GET", "/ledger")
    assert {entry["status"] for entry in ledger["requests"]} <= {200, 204}
