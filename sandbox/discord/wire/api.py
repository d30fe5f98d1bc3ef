"""The JSON API on the wire (API.md): what the members do and see, for the page, tests and scripts."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.discord.model.core import News
from sandbox.discord.model.entities import Interaction, InteractionState
from sandbox.discord.model.errors import ApiError, Json, Refusal
from sandbox.discord.model.interactions import ANSWER_MS
from sandbox.discord.model.model import Model
from sandbox.discord.model.people import CommandCall
from sandbox.discord.wire import api_bodies as bodies
from sandbox.discord.wire import views
from sandbox.discord.wire.api_bodies import parse
from sandbox.discord.wire.received import strict_json

PREFIX = "/sandbox/v1"
MOST_MESSAGES = 200
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answering(handler: Callable[[web.Request], Awaitable[Json]]) -> Handler:
    """A handler whose JSON is the answer and whose refusals are sentences."""

    async def door(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await handler(request))
        except Refusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        except ApiError as error:
            return web.json_response({"error": f"{error}."}, status=error.status)

    return door


async def body_of(request: web.Request) -> object:
    """The JSON of a call. Only `application/json` is taken: other types a foreign web page could send unasked."""
    if request.content_type != "application/json":
        raise Refusal("Send the body as application/json.", 415)
    try:
        return strict_json(await request.read())
    except ValueError as fault:
        raise Refusal("The body is not JSON.") from fault


class MemberApi:
    """The calls made as a member. Watches interactions: fails them after 3 s and wakes whoever waits."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._core = model.core
        self._settled: dict[str, asyncio.Event] = {}
        self._watches: set[asyncio.Task[None]] = set()
        self._core.readers.append(self._read)

    def mount(self, app: web.Application) -> None:
        """Add the calls."""
        for method, path, handler in (
            ("GET", "/world", self._world),
            ("GET", "/channels/{channel}/messages", self._messages),
            ("POST", "/channels/{channel}/messages", self._write),
            ("POST", "/interactions/command", self._command),
            ("POST", "/interactions/autocomplete", self._autocomplete),
            ("POST", "/interactions/component", self._component),
            ("POST", "/interactions/modal", self._modal),
            ("GET", "/interactions/{interaction}", self._interaction),
        ):
            app.router.add_route(method, PREFIX + path, answering(handler))

    def close(self) -> None:
        """Stop watching."""
        for watch in self._watches:
            watch.cancel()

    async def _world(self, request: web.Request) -> Json:
        someone = self.member(request) if "as" in request.query else self._core.world.guild.owner_id
        return views.world(self._model, someone)

    async def _messages(self, request: web.Request) -> Json:
        user_id = self.member(request)
        channel = self._model.people.channel(user_id, request.match_info["channel"])
        limit = min(_number(request, "limit", 50), MOST_MESSAGES)
        found = self._model.messages.visible(channel.id, user_id)
        return {"messages": [views.message(self._core, message) for message in found[-limit:]]}

    async def _write(self, request: web.Request) -> Json:
        body = parse(bodies.WriteBody, await body_of(request))
        message = self._model.people.write(body.member, request.match_info["channel"], body.content, body.files)
        return views.message(self._core, message)

    async def _command(self, request: web.Request) -> Json:
        body = parse(bodies.CommandBody, await body_of(request))
        call = CommandCall(body.member, body.channel, body.name, body.options, body.type, body.target, body.unchecked)
        return await self._watched(self._model.people.command(call), body.wait_ms)

    async def _autocomplete(self, request: web.Request) -> Json:
        body = parse(bodies.AutocompleteBody, await body_of(request))
        call = CommandCall(body.member, body.channel, body.name, body.options)
        interaction = self._model.people.suggest(call, body.focused)
        await self._watched(interaction, body.wait_ms)
        if interaction.state is not InteractionState.ANSWERED:
            raise Refusal("Loading options failed.", 504)
        return {"choices": interaction.choices}

    async def _component(self, request: web.Request) -> Json:
        body = parse(bodies.ComponentBody, await body_of(request))
        people = self._model.people
        interaction = people.press(body.member, body.channel, body.message, body.custom_id, body.values)
        return await self._watched(interaction, body.wait_ms)

    async def _modal(self, request: web.Request) -> Json:
        body = parse(bodies.ModalBody, await body_of(request))
        people = self._model.people
        interaction = people.send_form(body.member, body.interaction, body.fields, unchecked=body.unchecked)
        return await self._watched(interaction, body.wait_ms)

    async def _interaction(self, request: web.Request) -> Json:
        found = self._model.people.interaction(self.member(request), request.match_info["interaction"])
        return await self._drawn(found, _number(request, "wait_ms", 0))

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


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(f"{name} must be a whole number.")
    return int(text)
