from __future__ import annotations

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot import waveform
from bot.waveform import EMBED, EXPORT, Size

BOTH = pytest.mark.parametrize("size", [EMBED, EXPORT])


def heights(levels: list[float], size: Size) -> list[tuple[int, int]]:
    """Of each bar: the pixels its peak takes, and its mean; the gaps between the bars are empty."""
    picture = Image.open(io.BytesIO(waveform.png(levels, size)))
    columns = [[picture.getpixel((x, y)) for y in range(picture.height)] for x in range(picture.width)]
    step = waveform.BAR + waveform.GAP
    assert all(set(column) == {0} for x, column in enumerate(columns) if x % step >= waveform.BAR)
    bars = columns[::step]
    return [(picture.height - column.count(0), column.count(waveform.MEAN)) for column in bars]


@BOTH
def test_the_picture_has_its_size_and_few_bytes(size: Size) -> None:
    levels = [abs(math.sin(at / 7)) * abs(math.sin(at / 900)) for at in range(5000)]
    data = waveform.png(levels, size)
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "P", (size.width, size.height))
    assert len(data) < 6000


def test_the_background_lets_the_page_shine_through() -> None:
    picture = Image.open(io.BytesIO(waveform.png([0.0], EMBED))).convert("RGBA")
    assert picture.getpixel((0, 0)) == (*waveform.COLOUR, 0)
    assert picture.getpixel((0, EMBED.height // 2)) == (*waveform.COLOUR, 255)


@BOTH
@pytest.mark.parametrize("level", [0.1, 0.25, 0.5, 0.99, 1.0])
def test_a_bar_is_as_high_as_its_level(level: float, size: Size) -> None:
    (bar,) = set(heights([level] * 1000, size))
    assert list(bar) == pytest.approx([level * size.height] * 2, abs=1)


@BOTH
def test_silence_is_a_thin_line(size: Size) -> None:
    assert set(heights([0.0] * 3, size)) == {(2, 2)}


def test_a_bar_shows_the_peak_and_the_mean_of_its_stretch() -> None:
    assert heights([1.0, 0.0] * EMBED.bars, EMBED) == [(96, 48)] * EMBED.bars


@BOTH
@pytest.mark.parametrize("count", [1, 2, 3, 159, 160, 161, 1000, 4001])
def test_the_bars_rise_with_the_levels_whatever_their_count(count: int, size: Size) -> None:
    levels = [at / count for at in range(count)]
    peaks = [peak for peak, _ in heights(levels, size)]
    assert peaks == sorted(peaks)
    for place, peak in enumerate(peaks):
        assert peak == pytest.approx(place / size.bars * size.height, abs=size.height / min(count, size.bars) + 3)


def test_a_hundred_thousand_levels_hide_no_peak() -> None:
    levels = [0.0] * 100_000
    levels[77_777] = 1.0
    peaks = [peak for peak, _ in heights(levels, EXPORT)]
    assert [place for place, peak in enumerate(peaks) if peak == EXPORT.height] == [77_777 * EXPORT.bars // 100_000]
    assert peaks.count(2) == EXPORT.bars - 1


@given(levels=st.lists(st.floats(), min_size=1, max_size=400))
def test_no_level_breaks_the_picture(levels: list[float]) -> None:
    assert Image.open(io.BytesIO(waveform.png(levels, EMBED))).size == (640, 96)
