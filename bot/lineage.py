"""What follows from a take: requests that continue or change it, the one that made it, its words, style and origin."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import InvalidRequest
from bot.musicmint.models import ResultItem
from bot.requests import (
    DEFAULT_RETENTION_DAYS,
    MAX_LINE,
    MAX_LYRICS,
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Recover,
    Remaster,
    Request,
    Sample,
    Upload,
    parse,
)
from db.clips import Take
from db.states import ClipChange


@dataclass(frozen=True, slots=True)
class Change:
    """What a clip did to the one it came from; `what` as `db.clips` stores it: seconds, a range `12-24.5`, words."""

    kind: ClipChange
    what: str | None = None


def extension(
    take: Take, *, at: int | None, lyrics: str, style: str, retention_days: int = DEFAULT_RETENTION_DAYS
) -> Generate:
    """Continue `take` from second `at` (None: its end), in its style if none is given. Raises `InvalidRequest`."""
    end = take.clip.duration_ms // 1000 or None  # a length the API did not tell is no end to hold anybody to
    if at is not None and end is not None and at > end:
        raise InvalidRequest("error-at-too-late", option="at", take=take.label, end=str(end))
    return Generate(
        prompt=lyrics,
        tags=style.strip() or style_of(take)[:MAX_LINE],
        title=take.song_title,
        instrumental=is_instrumental(take) and not lyrics.strip(),
        continue_clip_id=take.clip.clip_id,
        continue_at=end if at is None else at,
        retention_days=retention_days,
    )


def infill(
    take: Take, *, start_s: float, end_s: float, lyrics: str, style: str, retention_days: int = DEFAULT_RETENTION_DAYS
) -> Infill:
    """Replace a range of `take`. Raises `InvalidRequest`."""
    check_within(take, "to", end_s)
    return Infill(
        clip_id=take.clip.clip_id,
        start_s=start_s,
        end_s=end_s,
        prompt=lyrics,
        tags=style,
        title=take.song_title,
        retention_days=retention_days,
    )


def cover(take: Take, *, lyrics: str, style: str, title: str = "", retention_days: int) -> Cover:
    """The song of `take` in another style or with other words; what is empty stays as it is."""
    return Cover(clip_id=take.clip.clip_id, prompt=lyrics, tags=style, title=title, retention_days=retention_days)


def remaster(take: Take, retention_days: int) -> Remaster:
    """`take` in better sound."""
    return Remaster(clip_id=take.clip.clip_id, retention_days=retention_days)


def vocals(
    take: Take, *, start_s: float | None, end_s: float | None, lyrics: str, style: str, retention_days: int
) -> AddVocals:
    """Sing over a stretch of `take`, or all of it. Raises `InvalidRequest`."""
    check_within(take, "from", start_s)
    check_within(take, "to", end_s)
    return AddVocals(
        clip_id=take.clip.clip_id,
        start_s=start_s or 0.0,
        end_s=end_s,
        prompt=lyrics,
        tags=style,
        title=take.song_title,
        retention_days=retention_days,
    )


def backing(
    take: Take, retention_days: int, *, start_s: float | None = None, end_s: float | None = None
) -> AddInstrumental:
    """A band for a stretch of `take`, or all of it, which the API calls an end of 0. Raises `InvalidRequest`."""
    check_within(take, "from", start_s)
    check_within(take, "to", end_s)
    if end_s == 0:
        raise InvalidRequest("error-range", option="to")
    return AddInstrumental(
        clip_id=take.clip.clip_id,
        start_s=start_s or 0.0,
        end_s=end_s or 0.0,
        title=take.song_title,
        retention_days=retention_days,
    )


def check_within(take: Take, option: str, second: float | None) -> None:
    """Raises `InvalidRequest` for a second past the take's end, where its length is known."""
    length_s = take.clip.duration_ms / 1000
    if second is not None and length_s and second > length_s:
        raise InvalidRequest("error-at-too-late", option=option, take=take.label, end=str(int(length_s)))


def again(take: Take, retention_days: int) -> Request:
    """The request that made this take, once more; what was brought in or joined is written anew from its words."""
    made_by = request_of(take)
    if not isinstance(made_by, Upload | Recover | Concat):
        return replace(made_by, retention_days=retention_days)
    if not (lyrics_of(take).strip() or style_of(take).strip()):
        raise InvalidRequest("error-again-nothing")
    return Generate(
        prompt=lyrics_of(take)[:MAX_LYRICS],
        tags=style_of(take)[:MAX_LINE],
        title=take.song_title,
        retention_days=retention_days,
    )


def request_of(take: Take) -> Request:
    """The request that made this take."""
    return parse(take.kind, take.request)


def is_instrumental(take: Take) -> bool:
    """Whether it was asked for without a voice."""
    made_by = request_of(take)
    return isinstance(made_by, Generate) and made_by.instrumental


def style_of(take: Take) -> str:
    """The style MusicMint says it has, else the one that was asked for."""
    return _item(take).tags or request_of(take).sheet.style


def lyrics_of(take: Take) -> str:
    """The words that are sung; empty for an instrumental. MusicMint may echo an idea where words would stand."""
    if is_instrumental(take):
        return ""
    return request_of(take).sheet.lyrics or _item(take).prompt


def change_of(request: Request, parent: Take | None) -> Change | None:
    """What the clips of this request do to the one they come from; None for a song of its own."""
    match request:
        case Generate(continue_clip_id=str(), continue_at=at):
            return Change(ClipChange.EXTENDED, None if at is None else str(at))
        case Generate() if parent is not None:
            return Change(ClipChange.REVISED, _revised(request, parent))
        case Cover(tags=tags):
            return Change(ClipChange.COVERED, tags.strip() or None)
        case Remaster():
            return Change(ClipChange.REMASTERED)
        case Infill(start_s=start_s, end_s=end_s):
            return Change(ClipChange.REPLACED, f"{start_s:g}-{end_s:g}")
        case AddVocals(start_s=start_s, end_s=end_s):
            return Change(ClipChange.SUNG, _range(start_s, end_s))
        case AddInstrumental(start_s=start_s, end_s=end_s):
            return Change(ClipChange.BACKED, _range(start_s, end_s or None))
        case Sample(clip_id=clip_id):
            return Change(ClipChange.HUMMED, clip_id)
        case Concat():
            return Change(ClipChange.JOINED)
    return None


def _range(start_s: float, end_s: float | None) -> str | None:
    if end_s is None:
        return f"{start_s:g}-" if start_s else None
    return f"{start_s:g}-{end_s:g}"


def _revised(request: Generate, parent: Take) -> str | None:
    """Which of lyrics and style differ from the parent's."""
    before = (lyrics_of(parent).strip(), style_of(parent).strip())
    after = (request.prompt.strip(), request.tags.strip())
    names = [name for name, was, now in zip(("lyrics", "style"), before, after, strict=True) if was != now]
    return " ".join(names) or None


def _item(take: Take) -> ResultItem:
    return ResultItem.model_validate_json(take.clip.item)
