"""The discord.py bot: intents, the command tree with its one error handler, and the cogs, loaded by name."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.cards import command_words
from bot.cards.drawing import plain
from bot.errors import Argument, MinstrelError, Offline, SettingsError
from bot.phrasebook import Phrasebook, Sentence
from bot.recovery import Recovery
from bot.service import Service
from bot.survey import ChannelSeen, ServerSeen, Survey

log = structlog.get_logger()

REQUIRED_PERMISSIONS: Final = discord.Permissions(309237763072)
"""View, send, send in threads, create public threads, attach, embed, read history."""
NOT_ACCEPTED: Final = "DISCORD_TOKEN is not accepted by Discord; copy it anew from the developer portal"
REFUSED_FOR_GOOD: Final = {
    4004: "Discord's gateway does not accept it",
    4013: "Discord knows no such intents",
    4014: "Discord refuses the intents of this application",
}
ENGLISH: Final = {
    "read_messages": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
}
"""The required permissions as Discord's own settings call them."""
HOLDS_SONGS: Final = (discord.TextChannel, discord.ForumChannel, discord.VoiceChannel, discord.StageChannel)
MOST_SERVERS: Final = 200
"""Three calls each: more would keep `check` busy for minutes."""
LONGEST_QUOTE: Final = 200
NOT_ITS_ANSWER: Final = (TypeError, LookupError, ValueError, AttributeError)
"""What discord.py, and we after it, run into where another than Discord answers: a captive portal, a wrong proxy."""
LONGEST_RATELIMIT_S: Final = 60.0
"""Past it discord.py raises instead of hanging for minutes."""


class MinstrelBot(commands.Bot):
    """Sees servers, channels and threads, and no message of anybody."""

    service: Service
    recovery: Recovery

    def __init__(
        self,
        book: Phrasebook,
        *,
        retention_days: int,
        uploads_can_be_fetched: bool = True,
        trace: aiohttp.TraceConfig | None = None,
    ) -> None:
        _hush_about_voice()
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=MinstrelTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_ratelimit_timeout=LONGEST_RATELIMIT_S,
            http_trace=trace or aiohttp.TraceConfig(),
        )
        self.book = book
        self.retention_days = retention_days
        self.uploads_can_be_fetched = uploads_can_be_fetched
        """False where Discord is a local stand-in and MusicMint is not: it could not reach members' files."""
        self.set_up = asyncio.Event()
        """Set once the rows are recovered and the commands registered."""
        self.online = asyncio.Event()
        """Set once commands reach us for the first time."""

    def attach(self, service: Service, recovery: Recovery) -> None:
        """What the cogs use. They post through this client, so they are built after it and before it starts."""
        self.service = service
        self.recovery = recovery

    @property
    def owner_user_ids(self) -> frozenset[int]:
        """Who runs this bot, as the login told: the application's owner, or its team."""
        if self.application is None:
            return frozenset()
        team = self.application.team
        return frozenset(member.id for member in team.members) if team else frozenset({self.application.owner.id})

    async def setup_hook(self) -> None:
        """Runs once, between login and gateway; what fails here ends the start."""
        await self.recovery.claim("application", str(self.application_id))
        await self.recovery.start_up()
        await self.load_extension("cogs")
        await self.sync_commands()
        self.set_up.set()

    async def on_connect(self) -> None:
        """discord.py calls this when the gateway's READY has come, long before its own `on_ready`."""
        self.online.set()

    async def sync_commands(self) -> None:
        """Register the commands if Discord has other ones: an overwrite counts to a daily limit, a read does not."""
        app_id = self.application_id or 0
        ours = [command_words.in_words(command.to_dict(self.tree), self.book) for command in self.tree.get_commands()]
        listing = Route("GET", "/applications/{application_id}/commands", application_id=app_id)
        registered = await self.http.request(listing, params={"with_localizations": "true"})
        if command_words.same(ours, registered):
            return
        await self.http.bulk_upsert_global_commands(app_id, payload=ours)
        log.info("commands registered", count=len(ours))

    async def stay_connected(self, token: str) -> None:
        """Log in and stay. Raises `SettingsError` where Discord refuses for good: a restart would not help."""
        try:
            await self.start(token)
        except discord.LoginFailure:
            raise SettingsError(NOT_ACCEPTED) from None
        except discord.ConnectionClosed as error:
            if error.code not in REFUSED_FOR_GOOD:
                raise
            raise SettingsError(f"DISCORD_TOKEN: {REFUSED_FOR_GOOD[error.code]} ({error.code})") from None
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            raise Offline(type(error).__name__) from None
        except NOT_ITS_ANSWER:
            # Such an error is Discord's only while the login reads its answers, to the last of which discord.py sets
            # the application. From the hook on our own code runs, whose faults must not pass for a lost network.
            if self.application is not None:
                raise
            raise _another_answers() from None


Interaction = discord.Interaction[MinstrelBot]


class MinstrelTree(app_commands.CommandTree[MinstrelBot]):
    """Every command's errors end here."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """A known error says its own sentence; any other becomes a reference that leads to the log."""
        original = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await apologise(interaction, original)


async def apologise(interaction: Interaction, error: Exception) -> None:
    """Tell the member, and only them, what went wrong; their words never hold an exception's text."""
    if isinstance(error, MinstrelError):
        sentence = Sentence(error.sentence_id, {name: _quoted(name, told) for name, told in error.arguments.items()})
    else:
        sentence = Sentence("error-unexpected", {"reference": secrets.token_hex(4)})
        log.error("interaction failed", reference=sentence.arguments["reference"], exc_info=error)
    if interaction.type is discord.InteractionType.autocomplete:
        return
    text = interaction.client.book.tell(str(interaction.locale), sentence)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as failure:
        log.warning("could not answer", error=type(failure).__name__, code=getattr(failure, "code", None))


def _quoted(name: str, told: Argument) -> Argument:
    """A name that was typed may hold markdown, or be longer than a message. An option's is ours, and stands as code."""
    return plain(told, LONGEST_QUOTE) if isinstance(told, str) and name != "option" else told


def _hush_about_voice() -> None:
    """It never joins a call, so an operator need not hear which voice libraries lack."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


async def survey(token: str) -> Survey:
    """Log in without connecting, and look at every server. Raises `SettingsError`, `Offline`."""
    _hush_about_voice()
    async with discord.Client(
        intents=discord.Intents(guilds=True), max_ratelimit_timeout=LONGEST_RATELIMIT_S
    ) as client:
        try:
            await client.login(token)
            return await _look_around(client)
        except discord.LoginFailure:
            raise SettingsError(NOT_ACCEPTED) from None
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            raise Offline(type(error).__name__) from None
        except NOT_ITS_ANSWER:  # all that runs here reads answers
            raise _another_answers() from None


def _another_answers() -> Offline:
    """To be made while the error is handled: should it be a fault of ours after all, the log shows where."""
    log.debug("not an answer of Discord's", exc_info=True)
    return Offline("what answers is not Discord")


async def _look_around(client: discord.Client) -> Survey:
    gateway = await client.http.request(Route("GET", "/gateway/bot"))
    found = [guild async for guild in client.fetch_guilds(limit=MOST_SERVERS + 1, with_counts=False)]
    servers, unread = [], []
    for guild in found[:MOST_SERVERS]:
        try:
            servers.append(await _server(client, guild.id))
        except (discord.HTTPException, discord.InvalidData):
            unread.append(guild.name)  # left or taken away meanwhile: the other servers still count
    return Survey(
        bot_name=str(client.user),
        privileged=_privileged(client),
        starts_left=int(gateway["session_start_limit"]["remaining"]),
        servers=tuple(servers),
        unread=tuple(unread),
        more=len(found) > MOST_SERVERS,
    )


async def _server(client: discord.Client, guild_id: int) -> ServerSeen:
    guild = await client.fetch_guild(guild_id, with_counts=False)
    me = await guild.fetch_member(client.user.id if client.user else 0)
    everywhere = REQUIRED_PERMISSIONS.value & ~me.guild_permissions.value
    channels = []
    for channel in await guild.fetch_channels():
        allowed = channel.permissions_for(me)
        # Discord leaves out or blanks what the bot may not see; the latter denies everybody to view it, and is no
        # channel to name here either.
        if not isinstance(channel, HOLDS_SONGS) or not allowed.view_channel:
            continue
        lacks = REQUIRED_PERMISSIONS.value & ~allowed.value & ~everywhere
        channels.append(ChannelSeen(channel.name, _names(lacks)))
    return ServerSeen(guild.name, _names(everywhere), tuple(channels))


def _names(permissions: int) -> tuple[str, ...]:
    return tuple(ENGLISH[name] for name, missing in discord.Permissions(permissions) if missing)


def _privileged(client: discord.Client) -> tuple[str, ...]:
    flags = client.application_flags
    intents = {
        "Presence": flags.gateway_presence or flags.gateway_presence_limited,
        "Server Members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
        "Message Content": flags.gateway_message_content or flags.gateway_message_content_limited,
    }
    return tuple(name for name, on in intents.items() if on)


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Use other addresses than Discord's own: a shared rate-limit proxy, or a local Discord. For the whole process."""
    if api_url is not None:
        Route.BASE = api_url
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
