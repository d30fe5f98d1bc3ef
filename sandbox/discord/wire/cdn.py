"""The CDN on the wire: attachments by signed links that expire."""

from aiohttp import web

from sandbox.discord.model.files import content_type, is_signed
from sandbox.discord.model.model import Model

INLINE = ("audio/", "video/", "image/")


class Cdn:
    """Serves attachments with ranges, so that audio can be sought in."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def attachment(self, request: web.Request) -> web.StreamResponse:
        """One file; 404 for a link that is forged, expired, or whose file is gone."""
        core = self._model.core
        path = core.files.path(request.match_info["attachment"])
        now_s = core.clock.now_ms() // 1000
        if not is_signed(core.world.secret, request.path, dict(request.query), now_s) or not path.exists():
            return web.Response(status=404, text="This content is no longer available.")
        kind = content_type(request.match_info["filename"])
        headers = {
            "Content-Type": kind,
            "Content-Disposition": "inline" if kind.startswith(INLINE) else "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)
