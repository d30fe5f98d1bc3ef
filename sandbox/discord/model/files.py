"""The attachments' bytes on disk, and the signed links they are fetched by."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import Path

LINK_LIFE_S = 24 * 3600
TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/x-wav",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".mid": "audio/midi",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".txt": "text/plain; charset=utf-8",
    ".lrc": "text/plain; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


@dataclass(frozen=True)
class Upload:
    """A file that arrived: part `files[index]`, its bytes at `path`, not yet anyone's attachment."""

    index: int
    filename: str
    path: Path
    size: int


class Files:
    """A folder of attachments, each under its id; uploads cut off by the last shutdown are cleared away."""

    def __init__(self, folder: Path) -> None:
        self.incoming = folder / "incoming"
        self._kept = folder / "attachments"
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._kept.mkdir(exist_ok=True)
        for stray in self.incoming.iterdir():
            stray.unlink()

    def keep(self, upload: Upload, attachment_id: str) -> None:
        """Make an upload the bytes of an attachment."""
        upload.path.rename(self.path(attachment_id))

    def path(self, attachment_id: str) -> Path:
        """Where an attachment's bytes lie; `attachment_id` must be digits."""
        return self._kept / str(int(attachment_id))

    def drop(self, attachment_id: str) -> None:
        """Forget an attachment's bytes."""
        self.path(attachment_id).unlink(missing_ok=True)


def clean_name(filename: str) -> str:
    """A file name as Discord stores it: spaces become underscores, anything but letters, digits, `_-.` goes."""
    kept = re.sub(r"[^A-Za-z0-9_.-]", "", filename.replace(" ", "_"))
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem.lstrip('.') or 'unknown'}.{suffix}" if dot else kept or "unknown"


def content_type(filename: str) -> str:
    """The type Discord tells from a file's name."""
    return TYPES.get(Path(filename).suffix.lower(), "application/octet-stream")


def signed_query(secret: str, path: str, now_s: int) -> str:
    """`ex=...&is=...&hm=...` for a CDN path: expiry and issue as hexadecimal seconds, and their signature."""
    expires, issued = f"{now_s + LINK_LIFE_S:x}", f"{now_s:x}"
    return f"ex={expires}&is={issued}&hm={_signature(secret, path, expires, issued)}"


def is_signed(secret: str, path: str, query: dict[str, str], now_s: int) -> bool:
    """Whether a link's query was made for this path and has not expired."""
    expires, issued, signature = (query.get(name, "") for name in ("ex", "is", "hm"))
    if not hmac.compare_digest(signature.encode(), _signature(secret, path, expires, issued).encode()):
        return False
    return int(expires, 16) > now_s


def _signature(secret: str, path: str, expires: str, issued: str) -> str:
    return hmac.new(secret.encode(), f"{path}?{expires}&{issued}".encode(), hashlib.sha256).hexdigest()
