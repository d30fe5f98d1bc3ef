"""What members do in a run, and where they do it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.requests import (
    Generate,
    Lyrics,
    Midi,
    Persona,
    Remaster,
    Request,
    SoundEffect,
    Stem,
    Timeline,
    Upload,
    Wav,
    Waveform,
)
from db.clips import Take
from tests.faults.wire import KINDS

if TYPE_CHECKING:
    from tests.faults.play import Play

HOUR_S: Final = 3600.0
WITHIN_TOKEN_S: Final = (5.0, 0.0, 90.0, 600.0)
"""Where a channel may not be read, a card is known by its interaction's token alone, which lives 15 minutes."""
OfTake = Callable[[Take, str], Request]
"""A request that starts from a take; the words mark whose it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a run's surroundings are like."""

    clips: int = 2
    generation_s: float = 25.0
    nonce_window_s: float = 180.0
    history: bool = True
    """Whether the bot may read what was posted."""
    thread_deleted_s: float | None = None
    """A moderator deletes the song's thread so long after its first take came."""
    callbacks: int = 0
    """How often MusicMint calls back as a task ends."""
    early_callback: bool = False
    """It also calls back before the submit's answer."""
    consents: bool = False
    """Members who are asked whether to try again say yes, once."""
    unlisted: bool = False
    """The list of tasks does not have those whose submit was not answered."""
    delays_s: tuple[float, ...] = (5.0, 0.0, 90.0, 3600.0)
    """Between a death and the next start, in turn."""


Action = Callable[["Play"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A row of the table: what is done where."""

    name: str
    action: Action
    place: Place = Place()
    kinds: frozenset[str] = frozenset(KINDS)
    """Of calls that are faulted in it."""


def a_song(mark: str) -> Generate:
    return Generate(prompt=f"la la {mark}", tags="folk", title=f"Song {mark}")


def a_hum(mark: str) -> Upload:
    return Upload(audio_url=f"https://cdn.test/{mark}/hum.mp3", file_name="hum.mp3", hummed=True, title=f"Hum {mark}")


def an_upload(mark: str) -> Upload:
    return Upload(audio_url=f"https://cdn.test/{mark}/voice.mp3", file_name="voice.mp3", title=f"Voice {mark}")


def words(mark: str) -> Lyrics:
    return Lyrics(prompt=f"a storm {mark}")


def a_sound(mark: str) -> SoundEffect:
    return SoundEffect(description=f"rain {mark}")


def stem(take: Take, mark: str) -> Stem:
    return Stem(clip_id=take.clip.clip_id)


def midi(take: Take, mark: str) -> Midi:
    return Midi(clip_id=take.clip.clip_id)


def wav(take: Take, mark: str) -> Wav:
    return Wav(clip_id=take.clip.clip_id)


def karaoke(take: Take, mark: str) -> Timeline:
    return Timeline(clip_id=take.clip.clip_id)


def picture(take: Take, mark: str) -> Waveform:
    return Waveform(clip_id=take.clip.clip_id)


def remaster(take: Take, mark: str) -> Remaster:
    return Remaster(clip_id=take.clip.clip_id)


def a_singer(take: Take, mark: str) -> Persona:
    return Persona(clip_id=take.clip.clip_id, name=f"Singer {mark}")


def asks_for(request: Callable[[str], Request]) -> Action:
    """One member asks for one thing."""

    async def action(play: Play) -> None:
        await play.ask(request)

    return action


def asks_from_a_take(request: OfTake) -> Action:
    """A song, and from its first take something else."""

    async def action(play: Play) -> None:
        await play.ask(a_song)
        if (take := await play.first_take()) is not None:
            await play.ask_from(take, request)

    return action


async def cancels_in_the_middle(play: Play) -> None:
    intent = await play.ask(a_song)
    await asyncio.sleep(play.place.generation_s / 2)
    await play.cancel(intent)


async def cancels_at_once(play: Play) -> None:
    intent = await play.ask(a_song)
    await play.cancel(intent)


OUTSIDE: Final = frozenset(KINDS) - {"read"}
"""What a walk differs in from the same walk at another place."""
POSTING: Final = frozenset({"discord", "write"})


def scenes() -> tuple[Scene, ...]:
    """Every walk whose every call is killed and faulted."""
    two, one = Place(), Place(clips=1)
    return (
        Scene("song of 2 clips", asks_for(a_song), two),
        Scene("song of 1 clip", asks_for(a_song), one, OUTSIDE),
        Scene("hummed upload and sample", asks_for(a_hum), one),
        Scene("upload", asks_for(an_upload), two),
        Scene("lyrics", asks_for(words), two),
        Scene("vocals of a take (blocking)", asks_from_a_take(stem), one),
        Scene("WAV of a take (free read)", asks_from_a_take(wav), one),
        Scene("singer", asks_from_a_take(a_singer), one),
        Scene("cancel in the middle", cancels_in_the_middle, two),
        Scene("cancel at once", cancels_at_once, two),
        Scene("thread deleted", asks_for(a_song), replace(two, thread_deleted_s=0.5), OUTSIDE),
        Scene("history forbidden", asks_for(a_song), replace(two, history=False, delays_s=WITHIN_TOKEN_S), OUTSIDE),
        Scene("nonce window 0 s", asks_for(a_song), replace(two, nonce_window_s=0.0), POSTING),
        Scene("nonce window 90 s", asks_for(a_song), replace(two, nonce_window_s=90.0), POSTING),
        Scene("nonce window 5 min", asks_for(a_song), replace(two, nonce_window_s=300.0), POSTING),
        Scene("callbacks, twice and early", asks_for(a_song), replace(two, callbacks=2, early_callback=True), OUTSIDE),
        Scene("lost task never listed", asks_for(a_song), replace(two, unlisted=True), OUTSIDE),
        Scene(
            "and its member agrees to another", asks_for(a_song), replace(two, unlisted=True, consents=True), OUTSIDE
        ),
    )


FRESH: Final = (a_song, a_song, a_song, a_hum, an_upload, words, a_sound)
FROM_TAKES: Final[tuple[OfTake, ...]] = (stem, midi, wav, karaoke, picture, remaster, a_singer)


def random_scene(rng: random.Random) -> Scene:
    """Several members, several songs, one place: all from the seed."""
    history = rng.random() < 0.85
    delays_s = (0.0, 2.0, 20.0, 90.0, 600.0, *((3600.0,) if history else ()))
    place = Place(
        consents=rng.random() < 0.5,
        clips=rng.choice((1, 2)),
        generation_s=rng.uniform(5, 120),
        nonce_window_s=rng.choice((90.0, 180.0, 300.0)),
        history=history,
        thread_deleted_s=rng.uniform(0, 30) if rng.random() < 0.15 else None,
        callbacks=rng.choice((0, 0, 1, 2)),
        early_callback=rng.random() < 0.2,
        unlisted=rng.random() < 0.2,
        delays_s=tuple(rng.choice(delays_s) for _ in range(5)),
    )
    members = [_random_member(rng) for _ in range(rng.randint(1, 4))]

    async def action(play: Play) -> None:
        await asyncio.gather(*(member(play) for member in members))

    return Scene("schedules", action, place)


def _random_member(rng: random.Random) -> Action:
    later_s, request, cancels = rng.uniform(0, 60), rng.choice(FRESH), rng.random() < 0.15
    patience_s = rng.uniform(0, 60)
    follow = rng.choice(FROM_TAKES) if rng.random() < 0.4 else None

    async def action(play: Play) -> None:
        await asyncio.sleep(later_s)
        intent = await play.ask(request)
        if cancels:
            await asyncio.sleep(patience_s)
            await play.cancel(intent)
        elif follow is not None and (take := await play.first_take(intent)) is not None:
            await play.ask_from(take, follow)

    return action
