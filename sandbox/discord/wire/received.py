"""A bot's request off the wire: JSON, or a form of `payload_json` and `files[n]` whose files stream to disk."""

import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.discord.model.core import Core
from sandbox.discord.model.errors import ApiError
from sandbox.discord.model.files import Upload

FILE_PART = re.compile(r"files?\[(\d+)\]|file")
CHUNK = 1 << 16


@dataclass(frozen=True)
class Received:
    """What a request carried. A file beyond the upload limit has its whole size here, but is not on disk."""

    body: Any = None
    uploads: tuple[Upload, ...] = ()


async def receive(request: web.Request, core: Core) -> Received:
    """Read a request's body to its end; 50109 for broken JSON."""
    if request.content_type == "multipart/form-data":
        try:
            return await _form(request, core)
        except ValueError as fault:
            raise ApiError(400, 50035, "Invalid Form Body") from fault
    text = await request.read()
    return Received(_json(text) if text else None)


async def _form(request: web.Request, core: Core) -> Received:
    body: Any = None
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ApiError(400, 50035, "Invalid Form Body")
        if part.name == "payload_json":
            body = _json(bytes(await part.read()))
        elif (match := FILE_PART.fullmatch(part.name or "")) is not None:
            uploads.append(await _file(part, int(match[1] or 0), core))
    return Received(body, tuple(uploads))


async def _file(part: BodyPartReader, index: int, core: Core) -> Upload:
    path = core.files.incoming / core.token()
    limit, size = core.world.settings.largest_file, 0
    with path.open("wb") as out:
        while chunk := await part.read_chunk(CHUNK):
            size += len(chunk)
            if size <= limit:
                out.write(chunk)
    return Upload(index, part.filename or "unknown", path, size)


def _json(text: bytes) -> Any:
    try:
        return strict_json(text)
    except ValueError as fault:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from fault


def strict_json(text: bytes) -> Any:
    """JSON that can be written again: ValueError also for NaN and for half a surrogate pair."""
    value = json.loads(text, parse_constant=_refuse)
    if b"\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)
