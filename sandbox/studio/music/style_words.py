"""Finds the style in a request's words, English or Chinese."""

import re
from dataclasses import dataclass
from typing import TypeVar

from sandbox.studio.music.arrangement import Mode
from sandbox.studio.music.styles import STYLES, Style

Named = TypeVar("Named", str, int)

STYLE_WORDS = {
    "chinese": "chinese china guzheng erhu pipa oriental 古风 国风 中国风 民乐 古筝 二胡 琵琶 戏曲",
    "lo-fi": "lo-fi lofi chillhop study 低保真 学习",
    "hip hop": "hip-hop hiphop rap trap boom-bap r&b 嘻哈 说唱",
    "metal": "metal metalcore thrash heavy 金属 重金属",
    "rock": "rock punk grunge indie-rock guitar-rock 摇滚 朋克",
    "jazz": "jazz swing bebop bossa lounge 爵士 摇摆乐",
    "blues": "blues bluesy 布鲁斯 蓝调",
    "reggae": "reggae ska dub dancehall 雷鬼",
    "funk": "funk funky disco soul groove 放克 迪斯科 灵魂乐",
    "electronic": "electronic edm techno house trance synthwave dance club electro synth dubstep 电子 电音 舞曲 浩室",
    "ambient": "ambient meditation drone atmospheric soundscape new-age sleep 氛围 冥想 环境 助眠",
    "country": "country bluegrass western nashville 乡村",
    "folk": "folk acoustic celtic singer-songwriter campfire irish 民谣 民歌",
    "classical": "classical orchestral orchestra cinematic symphony baroque epic 古典 交响 管弦 史诗",
    "ballad": "ballad love-song lullaby 抒情 情歌 摇篮曲",
    "piano": "piano 钢琴",
    "pop": "pop k-pop j-pop c-pop mandopop 流行",
}
FASTER = "fast upbeat energetic driving uptempo up-tempo quick lively 快歌 快节奏 快速 欢快 动感 激昂"
SLOWER = "slow calm gentle relaxing chill soft downtempo peaceful 慢 慢歌 舒缓 安静 轻柔 平静"
MINOR = "sad dark melancholy melancholic gloomy lonely moody heartbreak 悲伤 忧伤 黑暗 伤感 孤独 忧郁 难过"
MAJOR = "happy bright cheerful joyful sunny uplifting hopeful 快乐 开心 明亮 阳光 欢快 希望"
LEAD_WORDS = {
    40: "violin strings 小提琴",
    42: "cello 大提琴",
    73: "flute 长笛 笛子",
    66: "saxophone sax 萨克斯",
    56: "trumpet 小号",
    71: "clarinet 单簧管",
    22: "harmonica 口琴",
    25: "acoustic-guitar 木吉他",
    29: "electric-guitar 电吉他",
    11: "vibraphone",
    21: "accordion 手风琴",
    110: "erhu fiddle 二胡",
    107: "guzheng koto 古筝",
    75: "panflute xiao 箫",
    0: "piano 钢琴",
    46: "harp 竖琴",
}
BPM = re.compile(r"(\d{2,3})\s*bpm", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the words ask for; None where they say nothing."""

    style: Style | None
    pace: float
    mode: Mode | None
    lead: int | None
    bpm: int | None
    words: tuple[str, ...]


def understood(text: str) -> Wish:
    """The style wish in tags or a description. Of several styles the one named first leads."""
    words = re.sub(r"[^\w&-]+", " ", text.lower())
    styles = [name for _, name in sorted(_found(words, STYLE_WORDS))]
    leads = [program for _, program in sorted(_found(words, LEAD_WORDS))]
    faster, slower, minor, major = (_said(words, listed) for listed in (FASTER, SLOWER, MINOR, MAJOR))
    bpm = BPM.search(text)
    return Wish(
        style=STYLES[styles[0]] if styles else None,
        pace=1 + 0.15 * (bool(faster) - bool(slower)),
        mode="minor" if minor else "major" if major else None,
        lead=leads[0] if leads else None,
        bpm=max(50, min(200, int(bpm[1]))) if bpm else None,
        words=tuple(dict.fromkeys((*styles, *faster, *slower, *minor, *major))),
    )


def _found(words: str, table: dict[Named, str]) -> list[tuple[int, Named]]:
    """The entries any of whose words occur, each with the first place it does."""
    return [
        (min(_place(words, word) for word in said), name)
        for name, listed in table.items()
        if (said := _said(words, listed))
    ]


def _said(words: str, listed: str) -> list[str]:
    return [word for word in listed.split() if _place(words, word) >= 0]


def _place(words: str, word: str) -> int:
    """Where a word stands, or -1; English as a whole word, its hyphens as blanks or nothing too, Chinese anywhere."""
    if not word.isascii():
        return words.find(word)
    pattern = re.escape(word).replace(r"\-", "[- ]?")
    found = re.search(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", words)
    return found.start() if found else -1
