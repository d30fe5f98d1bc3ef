"""What follows from a take: the request that continues it, the request that made it, its words and style."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import InvalidRequest
from bot.musicmint.models import ResultItem
from bot.requests import DEFAULT_RETENTION_DAYS, MAX_LINE, Generate, Request, parse
from db.clips import Take

KIND = Generate.kind


def extension(
    take: Take, *, at: int | None, lyrics: str, style: str, retention_days: int = DEFAULT_RETENTION_DAYS
) -> Generate:
    """Continue `take` from second `at` (None: its end), in its style if none is given. Raises `InvalidRequest`."""
    end = take.clip.duration_ms // 1000 or None  # a length the API did not tell is no end to hold anybody to
    if at is not None and end is not None and at > end:
        raise InvalidRequest("error-at-too-late", option="at", take=take.label, end=str(end))
    made_by = request_of(take)
    return Generate(
        prompt=lyrics,
        tags=style.strip() or style_of(take)[:MAX_LINE],
        title=take.song_title,
        instrumental=made_by.instrumental and not lyrics.strip(),
        continue_clip_id=take.clip.clip_id,
        continue_at=end if at is None else at,
        retention_days=retention_days,
    )


def again(take: Take, retention_days: int) -> Request:
    """The request that made this take, once more."""
    return replace(request_of(take), retention_days=retention_days)


def request_of(take: Take) -> Request:
    """The request that made this take."""
    return parse(KIND, take.request)


def style_of(take: Take) -> str:
    """The style MusicMint says it has, else the one that was asked for."""
    return _item(take).tags or request_of(take).tags


def lyrics_of(take: Take) -> str:
    """The words that are sung; empty for an instrumental."""
    made_by = request_of(take)
    if made_by.instrumental:
        return ""
    return made_by.prompt or _item(take).prompt


def _item(take: Take) -> ResultItem:
    return ResultItem.model_validate_json(take.clip.item)
