"""A square cover picture: a gradient, a few large shapes and the title, out of a palette and a seed."""

import math
import random
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = 512
LATIN_END = 0x180
DRAWN = 1024  # Twice the size, for smooth edges.
Colour = tuple[int, int, int]
Palette = tuple[Colour, Colour, Colour]


def drawn(title: str, palette: Palette, seed: str) -> bytes:
    """The JPEG; the same title, palette and seed give the same bytes."""
    chance = random.Random(seed)
    picture = _sky(palette, chance)
    for shape in chance.sample((_sun, _waves, _rings, _bars), 2):
        shape(picture, palette, chance)
    picture = picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    _write_title(picture, title)
    file = BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()


def _sky(palette: Palette, chance: random.Random) -> Image.Image:
    top, middle, bottom = chance.sample(palette, 3)
    column = Image.new("RGB", (1, 3))
    column.putdata([top, middle, bottom])
    sky = column.resize((DRAWN, DRAWN), Image.Resampling.BICUBIC)
    return sky.rotate(chance.choice((0, 0, 90, 180)))


def _layer(picture: Image.Image) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    return layer, ImageDraw.Draw(layer)


def _lay(picture: Image.Image, layer: Image.Image) -> None:
    picture.paste(layer, (0, 0), layer)


def _light(palette: Palette) -> Colour:
    return max(palette, key=sum)


def _sun(picture: Image.Image, palette: Palette, chance: random.Random) -> None:
    x, y, radius = chance.randint(250, 774), chance.randint(200, 480), chance.randint(130, 240)
    glow, pen = _layer(picture)
    box = (x - radius, y - radius, x + radius, y + radius)
    pen.ellipse([edge + grow for edge, grow in zip(box, (-60, -60, 60, 60), strict=True)], fill=(*_light(palette), 90))
    _lay(picture, glow.filter(ImageFilter.GaussianBlur(40)))
    disc, pen = _layer(picture)
    pen.ellipse(box, fill=(*_light(palette), 235))
    _lay(picture, disc)


def _waves(picture: Image.Image, palette: Palette, chance: random.Random) -> None:
    for row in range(5):
        layer, pen = _layer(picture)
        base, height = 560 + row * 95, chance.randint(20, 60)
        length, phase = chance.uniform(180, 420), chance.uniform(0, math.tau)
        crest = [(x, base + height * math.sin(x / length * math.tau + phase)) for x in range(0, DRAWN + 8, 8)]
        shade = tuple(part * (6 - row) // 7 for part in palette[row % 3])
        pen.polygon([*crest, (DRAWN, DRAWN), (0, DRAWN)], fill=(*shade, 190))
        _lay(picture, layer)


def _rings(picture: Image.Image, palette: Palette, chance: random.Random) -> None:
    x, y, gap = chance.randint(150, 874), chance.randint(150, 700), chance.randint(34, 60)
    layer, pen = _layer(picture)
    for ring in range(1, 14):
        radius = ring * gap
        ink = (*palette[ring % 3], 150 - ring * 8)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=chance.randint(6, 18))
    _lay(picture, layer)


def _bars(picture: Image.Image, palette: Palette, chance: random.Random) -> None:
    layer, pen = _layer(picture)
    width = DRAWN // 24
    for bar in range(24):
        height = int(60 + 330 * abs(math.sin(bar * 0.45 + chance.random())) * chance.uniform(0.5, 1))
        x = bar * width + 8
        pen.rounded_rectangle((x, 620 - height, x + width - 16, 620 + height // 3), 12, fill=(*_light(palette), 140))
    _lay(picture, layer)


def _write_title(picture: Image.Image, title: str) -> None:
    """At the foot, in at most two lines, on a shade that keeps it legible."""
    shade = Image.new("L", (1, SIZE))
    shade.putdata([max(0, min(170, (row - 300) * 170 // 150)) for row in range(SIZE)])
    picture.paste((8, 8, 16), (0, 0), shade.resize((SIZE, SIZE)))
    font = ImageFont.load_default(42)
    lines = _wrapped(title, font) if _legible(title) else []
    pen = ImageDraw.Draw(picture)
    for place, line in enumerate(lines):
        pen.text((32, SIZE - 32 - 50 * (len(lines) - place)), line, font=font, fill=(250, 250, 245))


def _legible(title: str) -> bool:
    """Whether Pillow's own font has the letters: it knows Latin only, and would draw boxes for Chinese."""
    return bool(title.strip()) and all(ord(letter) < LATIN_END or letter in "–—‘’“”…" for letter in title)


def _wrapped(title: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > SIZE - 64:
            lines.append(word)
        else:
            lines[-1] = longer
    shown = lines[:2]
    while font.getlength(shown[-1]) > SIZE - 64 or (len(lines) > 2 and not shown[-1].endswith("…")):
        shown[-1] = shown[-1].rstrip("…")[:-1].rstrip() + "…"
    return shown
