"""The download of what a client wants to upload: MusicMint takes an address, not a body."""

from pathlib import Path

import aiohttp

from sandbox.studio.envelope import Rule

MAX_BYTES = 50 * 1024 * 1024
CHUNK = 64 * 1024
PATIENCE = aiohttp.ClientTimeout(total=60, sock_read=15)


async def download(session: aiohttp.ClientSession, url: str, target: Path) -> None:
    """Write what is at this address to a file; raises ApiError if that takes too long, too much, or fails."""
    left = MAX_BYTES
    try:
        async with session.get(url, timeout=PATIENCE) as answer:
            if answer.status != 200:
                raise Rule.NOT_FETCHED.broken(f"it answers with HTTP {answer.status}")
            with target.open("wb") as file:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise Rule.NOT_FETCHED.broken(f"it is larger than {MAX_BYTES} bytes")
                    file.write(chunk)
    except TimeoutError as error:
        raise Rule.NOT_FETCHED.broken("it takes too long") from error
    except aiohttp.ClientError as error:
        raise Rule.NOT_FETCHED.broken(type(error).__name__) from error
