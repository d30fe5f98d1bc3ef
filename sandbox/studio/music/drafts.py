"""Writes a draft of lyrics: couplets of its own, filled with the subjects, the mood and the keywords asked for."""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

CHINESE = re.compile(r"[\u4e00-\u9fff]")
MOST_SUBJECTS = 4
LONGEST_SUBJECT = {"en": 28, "zh": 8}
NO_SUBJECT = {"en": ("tomorrow", "the horizon", "the river", "the radio"), "zh": ("明天", "远方", "河流", "月光")}
COMMA = {"en": ", ", "zh": "、"}
ABOUT = re.compile(r"\b(?:about|on the subject of|called)\b|关于|有关|主题是|描写|献给", re.IGNORECASE)
FILLER = (
    "a an the of in on at to for with and or but about that this is are be my me i you your it we us our they he she "
    "his her song songs music lyrics lyric words verse chorus bridge track tune ballad write make create give please "
    "some want need something like would could should can from into when where who how what not very so just as by its "
    "feel feeling style mood pop rock folk jazz blues metal rap hip hop hip-hop country electronic slow fast upbeat "
    "short long one"
)
REQUEST_WORDS = re.compile(
    r"请|帮我|给我|我想要?|我要|写|创作|生成|来|[一两]?[首段]|歌曲|歌词|的歌|歌|风格|情绪|主题|表达|关于|有关|流行|摇滚|民谣|爵士|说唱|电子|中文"
)
MARKS = {"en": ("[Verse]", "[Chorus]", "[Bridge]"), "zh": ("[主歌]", "[副歌]", "[桥段]")}
# The words a mood is known by, and the pictures it brings; the first are for when no mood is named.
MOODS = {
    "": ("open road|turning page|wide blue sky|first clear breath", "漫长的路|翻开的书页|辽阔的天|清晨的呼吸"),
    "happy joyful cheerful bright fun sunny playful 快乐 开心 欢快 高兴 阳光 幸福": (
        "laughing crowd|golden afternoon|barefoot dance|bright parade",
        "欢笑的人群|金色的午后|赤脚的舞步|热闹的街",
    ),
    "sad lonely melancholy heartbroken blue crying grief 悲伤 忧伤 伤感 难过 孤独 忧郁 失恋": (
        "empty chair|falling rain|faded coat|silent phone",
        "空空的座椅|冰冷的雨|褪色的外衣|沉默的电话",
    ),
    "nostalgic memories remember wistful childhood old 怀旧 回忆 怀念 往事 童年 思念": (
        "dusty photograph|old schoolyard|paper boat|worn out song",
        "泛黄的照片|旧日的操场|纸折的船|老去的歌",
    ),
    "love romantic tender sweet warm gentle 爱 浪漫 温柔 甜蜜 温暖 深情": (
        "open hand|quiet kiss|candle flame|borrowed scarf",
        "温热的手心|安静的吻|摇曳的烛光|借来的围巾",
    ),
    "calm peaceful relaxing dreamy soft quiet 平静 安静 宁静 舒缓 梦幻 放松": (
        "drifting cloud|sleeping lake|slow white sail|silver mist",
        "飘过的云|沉睡的湖|缓缓的白帆|银色的雾",
    ),
    "energetic angry powerful epic hopeful brave intense 激昂 愤怒 热血 希望 勇敢 坚强 励志": (
        "burning torch|breaking wave|iron drum|rising sun",
        "燃烧的火把|奔涌的浪|铁打的鼓|初升的太阳",
    ),
}
SCENES = {
    "en": {
        "country folk acoustic americana": "on the wooden porch|down the gravel road",
        "electronic dance edm synthwave techno house": "in the neon haze|under strobing lights",
        "rock punk metal grunge": "in the roaring hall|over broken strings",
        "rap hip hop trap r&b": "on the corner block|through the midnight bass",
        "jazz blues soul swing": "in the smoky bar|by the late piano",
        "": "on the city bridge|by the kitchen door",
    },
    "zh": {
        "民谣 乡村": "木屋的檐下|碎石的小路",
        "电子 舞曲 电音": "霓虹的深处|闪烁的灯下",
        "摇滚 金属 朋克": "轰鸣的台上|断弦的夜里",
        "说唱 嘻哈": "街角的灯下|午夜的节拍里",
        "古风 中国风 国风": "长亭的雨里|青石的巷口",
        "": "城市的桥上|窗前的夜里",
    },
}
# {t} a subject or keyword, {p} a picture of the mood, {s} a scene of the style.
VERSES = {
    "en": (
        "I met {t} {s} last night|It taught my shadow how to write",
        "A {p} was all I had to give|And {t} showed me how to live",
        "I wrote {t} along the wall|In letters only three feet tall",
        "They sold the maps, I kept the key|And {t} came walking home with me",
        "{s} the hours bend|{t} is the message that I send",
        "The kettle sings, the windows grey|{t} is a minute's walk away",
        "I count the stairs, I count the trains|{t} is the number that remains",
        "One {p}, one borrowed chair|And {t} hanging in the air",
        "My pockets hold a {p}|And {t} is the only thing I keep",
        "{s} I heard it start|{t} drumming underneath my heart",
    ),
    "zh": (
        "我在{s}遇见{t}|影子也学会了呼吸",
        "{p}留在手里|慢慢变成了{t}",
        "把{t}写在墙上|三行小字有点慌",
        "地图丢了钥匙还在|{t}跟着我走回来",
        "{s}时间很慢|{t}替我把灯点燃",
        "水壶唱着天色灰|{t}就在下一个路口等谁",
        "数着台阶数着站台|最后剩下{t}还在",
        "一扇窗和{p}|{t}在空气里轻轻晃",
        "口袋里装着{p}|我只带走{t}",
        "{s}忽然听见|{t}敲着我的心弦",
    ),
}
CHORUSES = {
    "en": (
        "Oh {t}, turn the lights around|We are louder than the ground",
        "{t}, {t}, stay till we are through|Every {p} was drawn for you",
        "Give me {t}, give me one more mile|Hold the {p} for a little while",
        "Call it {t}, call it what you may|I will sing it all the way",
        "{t} is the fire and {t} is the rain|Say it slowly, say it again",
        "So here is {t} with the doors undone|A thousand windows and only one sun",
    ),
    "zh": (
        "{t}啊请把灯点亮|我们的歌声高过围墙",
        "{t}{t}请你慢慢走|每一次{p}都为你停留",
        "再给我{t}再走一程|握紧{p}不肯出声",
        "把它叫做{t}也好|我会唱到天色破晓",
        "{t}是火{t}是雨|慢慢地再说一句",
        "这就是{t}门都敞开|一千扇窗等太阳来",
    ),
}
BRIDGES = {
    "en": (
        "If the {p} should fall apart|{t} is drawn inside this chart",
        "And no one told us how it ends|{t} and the silence, two old friends",
        "Let the {p} go, let the morning in|{t} is the place where we begin",
    ),
    "zh": (
        "如果{p}终要散去|我的地图上还有{t}",
        "没人告诉我们结局|{t}和沉默是老友重聚",
        "放下{p}让清晨进来|{t}是我们出发的站台",
    ),
}
TITLES = {
    "en": ("{t}", "Letters to {t}", "The Shape of {t}", "A Map of {t}", "{t} Until Morning"),
    "zh": ("{t}", "写给{t}", "{t}的形状", "{t}地图", "{t}到天亮"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A lyric sheet with section marks, its title, and style words that go with it."""

    title: str
    text: str
    tags: str


def draft(prompt: str, topics: str, keyword: str, moods: str, style: str) -> Draft:
    """The same wishes give the same draft; in Chinese if the prompt is (or, without one, what else is said)."""
    language = "zh" if CHINESE.search(prompt or topics + keyword or moods + style) else "en"
    chance = random.Random(hashlib.sha256("\x1f".join((prompt, topics, keyword, moods, style)).encode()).hexdigest())
    keywords = _listed(keyword)
    subjects = _listed(topics) or _subjects(prompt, language) or keywords or [chance.choice(NO_SUBJECT[language])]
    wish = f"{moods} {style} {prompt}"
    pen = _Pen(_pictures(wish, language), _scenes(wish, language), chance)
    turns = cycle(dict.fromkeys((*keywords, *subjects)))
    chorus = pen.lines(chance.sample(CHORUSES[language], 2), cycle(subjects))
    verses = chance.sample(VERSES[language], 4)
    first, second = pen.lines(verses[:2], turns), pen.lines(verses[2:], turns)
    bridge = pen.lines(chance.sample(BRIDGES[language], 1), turns)
    said = "\n".join((*chorus, *first, *second, *bridge)).lower()
    unsaid = [word for word in keywords if word.lower() not in said]
    bridge += [COMMA[language].join(unsaid)] if unsaid else []
    verse_mark, chorus_mark, bridge_mark = MARKS[language]
    sheet = (verse_mark, *first, "", chorus_mark, *chorus, "", verse_mark, *second, "", chorus_mark, *chorus, "")
    text = "\n".join((*sheet, bridge_mark, *bridge, "", chorus_mark, *chorus))
    tags = " ".join(dict.fromkeys((*_listed(style), *_listed(moods)))) or " ".join(_known_words(prompt))
    return Draft(chance.choice(TITLES[language]).format(t=_capital(subjects[0])), text, tags)


@dataclass(frozen=True, slots=True)
class _Pen:
    pictures: list[str]
    scenes: list[str]
    chance: random.Random

    def lines(self, couplets: list[str], words: Iterator[str]) -> list[str]:
        """The couplets filled in, a word to each, so that everything asked for comes up in its turn."""
        found = []
        for couplet in couplets:
            slots = {"t": next(words), "p": self.chance.choice(self.pictures), "s": self.chance.choice(self.scenes)}
            fitted = re.sub(r"\b([Aa]) (?=\{p\})", r"\1n ", couplet) if slots["p"][0] in "aeiou" else couplet
            found += [_capital(line.format(**slots)) for line in fitted.split("|")]
        return found


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def _listed(words: str) -> list[str]:
    return [word.strip() for word in re.split(r"[,，、;；\n]+", words) if word.strip()]


def _subjects(prompt: str, language: str) -> list[str]:
    """What a prompt is about: in English its runs of telling words, in Chinese what stands between particles."""
    told = ABOUT.split(prompt, maxsplit=1)[-1]
    if language == "zh":
        pieces = re.split(r"[^\w]+|[的和与在里中是了]", REQUEST_WORDS.sub(" ", told))
    else:
        filler, words = FILLER.split(), re.findall(r"[\w'’-]+|[^\w\s]", told)
        pieces = " ".join(word if word.lower() not in filler and word[0].isalnum() else "|" for word in words).split(
            "|"
        )
    found = [piece.strip() for piece in pieces if 1 < len(piece.strip()) <= LONGEST_SUBJECT[language]]
    known = _known_words(prompt)
    telling = [piece for piece in found if piece.lower() not in known]
    return list(dict.fromkeys(telling or found))[:MOST_SUBJECTS]


def _pictures(wish: str, language: str) -> list[str]:
    """Those of every mood that is named, else those of none."""
    place = 0 if language == "en" else 1
    named = [pictures[place] for known, pictures in MOODS.items() if known and _said(wish, known)]
    return "|".join(named or [MOODS[""][place]]).split("|")


def _scenes(wish: str, language: str) -> list[str]:
    return next(scenes for known, scenes in SCENES[language].items() if not known or _said(wish, known)).split("|")


def _known_words(text: str) -> list[str]:
    """The words for moods and styles that a text uses."""
    return _said(text, " ".join((*SCENES["en"], *SCENES["zh"], *MOODS)))


def _said(text: str, words: str) -> list[str]:
    lowered = text.lower()
    return [word for word in words.split() if re.search(rf"\b{re.escape(word)}\b" if word.isascii() else word, lowered)]
