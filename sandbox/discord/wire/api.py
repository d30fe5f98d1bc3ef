"""The JSON API on the wire (API.md): what the members do and see, for the page, tests and scripts."""

import asyncio
import json

from aiohttp import web

from sandbox.discord.model import calls
from sandbox.discord.model.core import News
from sandbox.discord.model.entities import Interaction, InteractionState
from sandbox.discord.model.errors import Json, Refusal
from sandbox.discord.model.interactions import ANSWER_MS
from sandbox.discord.model.model import Model
from sandbox.discord.wire import views
from sandbox.discord.wire.door import body_of, mount, number
from sandbox.discord.wire.surroundings import Surroundings

MOST_MESSAGES = 200


class MemberApi:
    """The calls made as a member. Watches interactions: fails them after 3 s and wakes whoever waits."""

    def __init__(self, model: Model, around: Surroundings) -> None:
        self._model = model
        self._around = around
        self._core = model.core
        self._settled: dict[str, asyncio.Event] = {}
        self._watches: set[asyncio.Task[None]] = set()
        self._core.readers.append(self._read)

    def mount(self, app: web.Application) -> None:
        """Add the calls."""
        calls = (
            ("GET", "/world", self._world),
            ("GET", "/channels/{channel}/messages", self._messages),
            ("GET", "/channels/{channel}/pins", self._pins),
            ("POST", "/channels/{channel}/messages", self._write),
            ("POST", "/interactions/command", self._command),
            ("POST", "/interactions/autocomplete", self._autocomplete),
            ("POST", "/interactions/component", self._component),
            ("POST", "/interactions/modal", self._modal),
            ("GET", "/interactions/{interaction}", self._interaction),
        )
        mount(app, calls)

    def close(self) -> None:
        """Stop watching."""
        for watch in self._watches:
            watch.cancel()

    async def _world(self, request: web.Request) -> Json:
        someone = self.member(request) if "as" in request.query else self._core.world.guild.owner_id
        return views.world(self._model, someone) | {"bot_process": await self._around.bot_status()}

    async def _messages(self, request: web.Request) -> Json:
        user_id = self.member(request)
        channel = self._model.people.channel(user_id, request.match_info["channel"])
        limit = min(number(request, "limit", 50), MOST_MESSAGES)
        found = self._model.messages.visible(channel.id, user_id)
        return {"messages": [views.message(self._core, message) for message in found[-limit:]]}

    async def _pins(self, request: web.Request) -> Json:
        user_id = self.member(request)
        channel = self._model.people.channel(user_id, request.match_info["channel"])
        found = self._model.messages.pinned(channel.id, user_id)
        return {"messages": [views.message(self._core, message) for message in found]}

    async def _write(self, request: web.Request) -> Json:
        call = await body_of(request, calls.Writing)
        return views.message(self._core, self._model.people.write(call, request.match_info["channel"]))

    async def _command(self, request: web.Request) -> Json:
        call = await body_of(request, calls.Command)
        return await self._watched(self._model.people.command(call), call.wait_ms)

    async def _autocomplete(self, request: web.Request) -> Json:
        call = await body_of(request, calls.Typing)
        interaction = self._model.people.suggest(call)
        await self._watched(interaction, call.wait_ms)
        if interaction.state is not InteractionState.ANSWERED:
            raise Refusal("Loading options failed.", 504)
        return {"choices": interaction.choices}

    async def _component(self, request: web.Request) -> Json:
        call = await body_of(request, calls.Press)
        return await self._watched(self._model.people.press(call), call.wait_ms)

    async def _modal(self, request: web.Request) -> Json:
        call = await body_of(request, calls.Form)
        return await self._watched(self._model.people.send_form(call), call.wait_ms)

    async def _interaction(self, request: web.Request) -> Json:
        found = self._model.people.interaction(self.member(request), request.match_info["interaction"])
        return await self._drawn(found, number(request, "wait_ms", 0))

    def member(self, request: web.Request) -> str:
        """The member a GET is made as."""
        user_id = request.query.get("as", "")
        if user_id not in self._core.world.guild.members:
            raise Refusal(f"Nobody here has the id {user_id or '(none given)'}; say who you are with ?as=.", 404)
        return user_id

    async def _watched(self, interaction: Interaction, wait_ms: int) -> Json:
        watch = asyncio.create_task(self._watch(interaction))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return await self._drawn(interaction, wait_ms)

    async def _watch(self, interaction: Interaction) -> None:
        offline = not self._model.sessions.reachable()
        settled = self._settled.setdefault(interaction.id, asyncio.Event())
        if not offline and interaction.state is InteractionState.WAITING:
            await self._core.clock.wait(settled, interaction.created_ms + ANSWER_MS)
        self._model.interactions.expire(interaction, offline=offline)
        self._settled.pop(interaction.id, None)

    async def _drawn(self, interaction: Interaction, wait_ms: int) -> Json:
        if wait_ms and interaction.state is InteractionState.WAITING:
            settled = self._settled.setdefault(interaction.id, asyncio.Event())
            await self._core.clock.wait(settled, self._core.clock.now_ms() + wait_ms)
        return views.interaction(self._core, interaction)

    def _read(self, news: News) -> None:
        if news.name == "INTERACTION_UPDATE" and isinstance(news.subject, Interaction):
            settled = self._settled.get(news.subject.id)
            if settled is not None:
                settled.set()


class EventStreams:
    """Server-sent events, one stream per open page."""

    def __init__(self, model: Model, api: MemberApi) -> None:
        self._model = model
        self._api = api
        self._open: dict[asyncio.Queue[str | None], str] = {}
        model.core.readers.append(self._read)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Send a member's events until either side ends it."""
        try:
            user_id = self._api.member(request)
        except Refusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        await stream.write(b": connected\n\n")
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._open[queue] = user_id
        try:
            while (text := await queue.get()) is not None:
                await stream.write(text.encode())
        except ConnectionResetError:
            return stream
        finally:
            del self._open[queue]
        return stream

    def close(self) -> None:
        """End every stream."""
        for queue in self._open:
            queue.put_nowait(None)

    def _read(self, news: News) -> None:
        for queue, user_id in self._open.items():
            data = views.event(self._model, news, user_id)
            if data is not None:
                queue.put_nowait(f"event: {news.name}\ndata: {json.dumps(data)}\n\n")
