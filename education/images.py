"""Pictures: judged before they are decoded, turned upright, stripped of metadata, written anew in modern formats."""

from io import BytesIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, ImageCms, ImageOps

WIDTHS = (480, 720, 960, 1600)  # pixels that phones, a page on a desk, a tablet and a picture shown larger ask for
FORMATS = ("avif", "webp")
READABLE = ("JPEG", "PNG", "WEBP", "AVIF")
QUALITY = {"avif": {"quality": 48, "speed": 6}, "webp": {"quality": 80, "method": 4}}


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
            moves = image.format != "MPO" and getattr(image, "n_frames", 1) > 1  # MPO: a photo with its depth or glow
    except Exception as error:  # decoders of hostile files raise nearly anything
        raise ValidationError("This is not a picture we can read. Use a JPEG, PNG, WebP or AVIF file.") from error
    if width * height > settings.PICTURE_MAX_PIXELS:
        raise ValidationError("The picture has more than 40 megapixels. Save it smaller and try again.")
    if moves:
        raise ValidationError("The picture moves. Save one still picture of it and try again.")


def upright(file):
    """The pixels of an uploaded file, turned as the camera was held, in RGB or RGBA of sRGB, no larger than we need.

    Raises ValidationError when the file breaks off or lies about what it holds.
    """
    check_picture(file)
    try:
        file.seek(0)
        with Image.open(file, formats=READABLE) as image:
            image.load()
            image = in_plain_mode(image)
        if (times := min(image.size) // WIDTHS[-1]) > 1:
            image = image.reduce(times)
        return in_srgb(ImageOps.exif_transpose(image))
    except Exception as error:
        raise ValidationError("The picture is damaged. Save it again and try once more.") from error


def in_plain_mode(image):
    """Eight bits for each channel, without a palette; CMYK and gray stay what they are, for their color profile."""
    if image.mode.startswith("I"):  # 16 bits of gray, as scanners write them: convert() would clip them to white
        return image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def in_srgb(image):
    """The same colors without a profile that says how to read them: browsers take what has none for sRGB."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile, or one for another kind of pixels: without it the picture is still one
    return image if image.mode == mode else image.convert(mode)


def plan(image) -> dict:
    """{"width", "height", "widths"}: the size in pixels of the largest rendition, and the widths of all."""
    widths = sorted({min(width, image.width) for width in WIDTHS})
    return {"width": widths[-1], "height": height_at(widths[-1], image.size), "widths": widths}


def rendition(image, width, name) -> bytes:
    """The picture at a width in one format: the same bytes each time, and nothing in them but pixels."""
    size = (width, height_at(width, image.size))
    smaller = image if size == image.size else image.resize(size, Image.LANCZOS)
    buffer = BytesIO()
    smaller.save(buffer, name.upper(), exif=b"", xmp=b"", icc_profile=None, **QUALITY[name])
    return buffer.getvalue()


def renditions(image) -> dict[str, bytes]:
    """File name to content, for each width and format."""
    return {f"{width}.{name}": rendition(image, width, name) for width in plan(image)["widths"] for name in FORMATS}


def store(folder, files, storage):
    """Writes what is not there yet, or broke off there. What is whole is left alone: somebody may be reading it."""
    for name, content in files.items():
        path = f"{folder}/{name}"
        if storage.exists(path):
            if storage.size(path) == len(content):
                continue
            storage.delete(path)
        storage.save(path, ContentFile(content))


def delete_renditions(folder, widths, storage):
    for width in widths:
        for name in FORMATS:
            storage.delete(f"{folder}/{width}.{name}")


def height_at(width, size):
    return max(1, round(size[1] * width / size[0]))
