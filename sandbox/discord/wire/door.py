"""What every call of the JSON API shares: JSON in and out, and refusals that are sentences."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from sandbox.discord.model.errors import ApiError, Json, Refusal
from sandbox.discord.wire.received import strict_json

PREFIX = "/sandbox/v1"
T = TypeVar("T", bound=BaseModel)
Handler = Callable[[web.Request], Awaitable[Json]]


def mount(app: web.Application, calls: Iterable[tuple[str, str, Handler]]) -> None:
    """Add calls by method and path."""
    for method, path, handler in calls:
        app.router.add_route(method, PREFIX + path, _answering(handler))


def _answering(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def door(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await handler(request))
        except Refusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        except ApiError as error:
            return web.json_response({"error": f"{error}."}, status=error.status)

    return door


async def body_of(request: web.Request, kind: type[T]) -> T:
    """The JSON of a call as `kind`. Only `application/json` is taken: other types a foreign page could send unasked."""
    if request.content_type != "application/json":
        raise Refusal("Send the body as application/json.", 415)
    try:
        return kind.model_validate(strict_json(await request.read()))
    except ValidationError as fault:
        first = fault.errors()[0]
        raise Refusal(f"{'.'.join(map(str, first['loc'])) or 'The body'}: {first['msg']}.") from fault
    except ValueError as fault:
        raise Refusal("The body is not JSON.") from fault


def number(request: web.Request, name: str, default: int) -> int:
    """A whole number of the query; a Refusal when it is something else."""
    text = request.query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(f"{name} must be a whole number.")
    return int(text)
