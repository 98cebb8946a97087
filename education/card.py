"""The picture that stands for a guide where somebody passes its address on: drawn, with the clinic's name and the title."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
EDGE = 80
SAND, TEAL, DEEP, GLOW, CORAL, QUIET = "#f6efe4", "#0b5c63", "#083f45", "#cfe6e4", "#e07a5f", "#3f5256"
SMALL = 44  # the clinic's name
SIZES = range(92, 39, -4)
MOST_LINES, WIDTH, HEIGHT = 4, 1040, 330  # of the title
# Pillow's own font knows Latin letters; for others one of the system's is taken, if there is one.
WIDER_FONTS = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "Arial Unicode.ttf", "arial.ttf")
NOT_A_LETTER = "\ue123"


def draw_card(title: str, clinic: str) -> bytes:
    """A PNG of 1200 × 630 pixels."""
    image = Image.new("RGB", SIZE, SAND)
    draw = ImageDraw.Draw(image)
    draw.ellipse((760, -220, 1420, 440), fill=GLOW)
    draw.rectangle((0, SIZE[1] - 28, SIZE[0], SIZE[1]), fill=TEAL)
    draw.rectangle((EDGE, 178, EDGE + 96, 186), fill=CORAL)
    draw.text((EDGE, 96), shortened(clinic, SMALL, WIDTH), font=font_for(clinic, SMALL), fill=QUIET)
    size, lines = fitted(title)
    draw.multiline_text((EDGE, 222), "\n".join(lines), font=font_for(title, size), fill=DEEP, spacing=size // 4)
    buffer = BytesIO()
    image.quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def fitted(title):
    """The largest size at which the title fits, and its lines; what fits at no size is cut."""
    for size in SIZES:
        lines = wrapped(title, size)
        if len(lines) <= MOST_LINES and len(lines) * size * 1.25 <= HEIGHT:
            return size, lines
    lines = lines[:MOST_LINES]
    return size, [*lines[:-1], shortened(f"{lines[-1]} …", size, WIDTH)]


def wrapped(text, size):
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if length(longer, size) <= WIDTH:
            lines[-1] = longer
        else:
            lines.append(shortened(word, size, WIDTH))
    return [line for line in lines if line] or [""]


def shortened(text, size, width):
    text = " ".join("".join(sign for sign in text if sign.isprintable()).split())
    while len(text) > 2 and length(text, size) > width:
        text = text[:-2].rstrip() + "…"
    return text


def length(text, size):
    """In pixels, near enough: measured at one size, for a font is slow to load."""
    return font_for(text, SMALL).getlength(text) * size / SMALL


def font_for(text, size):
    """A font that has the letters of the text, as far as this computer has one."""
    return font(face_for(frozenset(text)), size)


@lru_cache(256)
def face_for(signs):
    """The name of the first font that has all these letters; "" is Pillow's own."""
    return next((face for face in faces() if has(font(face, SMALL), signs)), "")


@lru_cache(1)
def faces():
    found = [""]
    for face in WIDER_FONTS:
        try:
            font(face, SMALL)
        except OSError:
            continue
        found.append(face)
    return found


@lru_cache(64)
def font(face, size):
    return ImageFont.truetype(face, size) if face else ImageFont.load_default(size)


def has(font, signs):
    missing = bytes(font.getmask(NOT_A_LETTER))
    return all(bytes(font.getmask(sign)) != missing for sign in signs if not sign.isspace() and sign.isprintable())
