"""Pictures: judged before they are decoded, turned upright, stripped of metadata, written anew in modern formats."""

import secrets
from io import BytesIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, ImageOps

WIDTHS = (480, 960, 1600)  # CSS pixels a phone, a tablet and a wide screen ask for
FORMATS = ("avif", "webp")
READABLE = ("JPEG", "PNG", "WEBP", "AVIF")
QUALITY = {"avif": {"quality": 60, "speed": 8}, "webp": {"quality": 80, "method": 4}}


def check_picture(file):
    """Raises ValidationError, in words for an editor, before any pixel is decoded."""
    if file.size > settings.PICTURE_MAX_BYTES:
        raise ValidationError(
            f"The file is larger than {settings.PICTURE_MAX_BYTES // 2**20} MB. Save it smaller and try again."
        )
    try:
        file.seek(0)
        with Image.open(file, formats=READABLE) as image:
            width, height = image.size
    except Exception as error:  # decoders of hostile files raise nearly anything
        raise ValidationError("This is not a picture we can read. Use a JPEG, PNG, WebP or AVIF file.") from error
    if width * height > settings.PICTURE_MAX_PIXELS:
        raise ValidationError("The picture has more than 40 megapixels. Save it smaller and try again.")


def write_renditions(file, storage) -> dict:
    """Writes the picture at each width and format below a random folder of `storage`.

    Returns {"folder", "width", "height", "widths"}: the folder's name, the size in pixels of the largest, and the widths.
    Raises ValidationError when the file breaks off or lies about what it holds.
    """
    check_picture(file)
    try:
        image = upright(file)
    except Exception as error:
        raise ValidationError("The picture is damaged. Save it again and try once more.") from error
    folder = f"pictures/{secrets.token_hex(8)}"
    widths = sorted({min(width, image.width) for width in WIDTHS})
    for width in widths:
        size = (width, height_at(width, image.size))
        smaller = image if size == image.size else image.resize(size, Image.LANCZOS)
        for name in FORMATS:
            buffer = BytesIO()
            smaller.save(buffer, name.upper(), exif=b"", xmp=b"", icc_profile=None, **QUALITY[name])
            storage.save(f"{folder}/{width}.{name}", ContentFile(buffer.getvalue()))
    return {"folder": folder, "width": widths[-1], "height": height_at(widths[-1], image.size), "widths": widths}


def upright(file):
    """The pixels, turned as the camera was held, in RGB or RGBA, and no larger than we have a use for."""
    file.seek(0)
    with Image.open(file, formats=READABLE) as image:
        image.load()
        if image.mode.startswith("I"):  # 16 bits of gray, as scanners write them: convert() would clip them to white
            image = image.point(lambda value: value / 256).convert("L")
        mode = "RGBA" if image.has_transparency_data else "RGB"
        image = image if image.mode == mode else image.convert(mode)
    if (times := min(image.size) // WIDTHS[-1]) > 1:
        image = image.reduce(times)
    return ImageOps.exif_transpose(image)


def delete_renditions(folder, widths, storage):
    for width in widths:
        for name in FORMATS:
            storage.delete(f"{folder}/{width}.{name}")


def height_at(width, size):
    return max(1, round(size[1] * width / size[0]))
