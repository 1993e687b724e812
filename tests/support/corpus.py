"""Small pictures of every supported kind, made from a sample photo: modes, depths, profiles, metadata."""

import base64
import hashlib
import io
import struct
import zlib
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

from tests.support.pictures import sample_photo

XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" \
xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="a source"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_RGB_PRIMARIES = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
DISPLAY_P3_PRIMARIES = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
# CIELAB of paper and of the 15 overprints of the four inks, roughly as in offset printing; an index's bits
# say which of cyan, magenta, yellow and black are there.
_OVERPRINTS = (
    *((95, 0, -2), (55, -37, -50), (48, 74, -3), (24, 22, -46)),
    *((89, -5, 93), (50, -65, 27), (47, 68, 48), (23, 0, 0)),
    *((16, 0, 0), (12, -4, -6), (11, 8, 0), (8, 2, -5)),
    *((15, 0, 8), (11, -7, 3), (10, 7, 5), (6, 0, 0)),
)

Corpus = dict[str, bytes]


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """`image.save` to bytes."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@cache
def base(mode: str = "RGB") -> Image.Image:
    """240x180 pixels of a photo; alpha, if the mode has it, goes from transparent to opaque."""
    photo = Image.open(io.BytesIO(sample_photo("astronaut.png"))).convert("RGB")
    image = photo.resize((300, 300)).crop((30, 0, 270, 180))
    if mode[-1] != "A":
        return image.convert(mode)
    image = image.convert("L" if mode == "LA" else "RGB")
    alpha = np.tile(np.clip(np.linspace(-25, 400, 240), 0, 255).astype(np.uint8), (180, 1))
    image.putalpha(Image.fromarray(alpha))
    return image


def icc_profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A minimal ICC profile of version 2 for printers or screens."""
    described = b"desc" + struct.pack(">II", 0, 5) + b"test\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    tags = {b"desc": described, b"wtpt": white, **tags}
    start = 132 + 12 * len(tags)
    table, body = b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = bytearray(128)
    header[8:12] = b"\2\x40\0\0"
    header[12:24] = (b"prtr" if space == b"CMYK" else b"mntr") + space + connection
    header[36:40] = b"acsp"
    header[68:80] = struct.pack(">iii", 63190, 65536, 54061)
    header[0:4] = struct.pack(">I", start + len(body))
    return bytes(header) + struct.pack(">I", len(tags)) + table + body


def rgb_profile(primaries: tuple[tuple[float, float], ...]) -> bytes:
    """Three primaries (x, y), white D65 as lcms adapts it, the curve of sRGB."""
    # sRGB's own, with other colorants.
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    xyz = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    amounts = np.linalg.solve(xyz, np.array([0.9642, 1, 0.8249]))
    for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), (xyz * amounts).T, strict=True):
        entry = data.index(tag, 128)
        place = int.from_bytes(data[entry + 4 : entry + 8], "big") + 8
        data[place : place + 12] = struct.pack(">iii", *(round(v * 65536) for v in column))
    return bytes(data)


def grey_profile() -> bytes:
    """Gamma 2.2."""
    return icc_profile(b"GRAY", b"XYZ ", {b"kTRC": b"curv\0\0\0\0" + struct.pack(">IHH", 1, 563, 0)})


def cmyk_profile() -> bytes:
    """Four inks on paper, mixed as their overprints cover the paper."""
    ramp = bytes(range(256))
    grid = b""
    for cyan, magenta, yellow, black in product((0, 1), repeat=4):
        lightness, a, b = _OVERPRINTS[cyan + 2 * magenta + 4 * yellow + 8 * black]
        grid += bytes((round(lightness * 2.55), a + 128, b + 128))
    matrix = struct.pack(">9i", *(65536, 0, 0, 0, 65536, 0, 0, 0, 65536))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + grid + ramp * 3
    return icc_profile(b"CMYK", b"Lab ", {b"A2B0": lut})


def exif(orientation: int = 1, *, thumbnail: bool = False) -> bytes:
    """EXIF with a make, a date, a place, and a thumbnail behind all the rest."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Camera"
    tags.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    tags.get_ifd(0x8825)[1] = "N"
    data = tags.tobytes()
    if not thumbnail:
        return data
    # The prefix of six bytes does not count in offsets.
    order = "<" if data[6:8] == b"II" else ">"
    first = 6 + struct.unpack_from(order + "I", data, 10)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", data, first)[0]
    small = encoded(base().resize((40, 30)), "JPEG")
    start = len(data) - 6
    entries = ((0x0103, 3, 6), (0x0201, 4, start + 42), (0x0202, 4, len(small)))
    second = struct.pack(order + "H", len(entries))
    for tag, kind, value in entries:
        packed = struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
        second += struct.pack(order + "HHI", tag, kind, 1) + packed
    data = data[:link] + struct.pack(order + "I", start) + data[link + 4 :]
    return data + second + bytes(4) + small


def exif_of_other_types() -> bytes:
    """The same, with an orientation and a latitude that are texts."""
    data = exif()
    order = "<" if data[6:8] == b"II" else ">"
    north = data.index(struct.pack(order + "HHI", 1, 2, 2) + b"N")
    data = data[:north] + struct.pack(order + "H", 2) + data[north + 2 :]
    orientation = data.index(struct.pack(order + "H", 0x0112))
    return data[: orientation + 2] + struct.pack(order + "H", 2) + data[orientation + 4 :]


TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value by the type of its tag."""


def tiff_with(data: bytes, *entries: tuple[int, int, bytes]) -> bytes:
    """A little-endian TIFF with more tags, or other ones: each a tag, a type and the bytes of its values."""
    (first,) = struct.unpack_from("<I", data, 4)
    places = range(first + 2, first + 2 + 12 * struct.unpack_from("<H", data, first)[0], 12)
    directory = {struct.unpack_from("<H", data, place)[0]: data[place : place + 12] for place in places}
    file = bytearray(data)
    for tag, kind, values in entries:
        head = struct.pack("<HHI", tag, kind, len(values) // TIFF_SIZES[kind])
        if len(values) > 4:
            file += bytes(len(file) % 2)
            directory[tag] = head + struct.pack("<I", len(file))
            file += values
        else:
            directory[tag] = head + values.ljust(4, b"\0")
    file += bytes(len(file) % 2)
    struct.pack_into("<I", file, 4, len(file))
    return bytes(
        file + struct.pack("<H", len(directory)) + b"".join(directory[tag] for tag in sorted(directory))
    ) + bytes(4)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def deep_samples(mode: str) -> NDArray[np.uint16]:
    """The base with 16 bits a channel, the low ones a pattern: [h,w,channels]."""
    high = np.asarray(base(mode), np.uint16).reshape(180, 240, -1)
    low = np.arange(high.size, dtype=np.uint16).reshape(high.shape) * 37 % 256
    alpha = np.zeros(high.shape[2], np.bool_)
    alpha[-1] = mode[-1] == "A"
    # Transparent stays transparent and opaque stays opaque.
    return np.where(alpha, high * 257, high * 256 + low).astype(np.uint16)


def deep_png(mode: str, *chunks: bytes) -> bytes:
    """A PNG with 16 bits a channel, rows unfiltered."""
    samples = deep_samples(mode)
    colour_type = {"L": 0, "LA": 4, "RGB": 2, "RGBA": 6}[mode]
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    parts = [png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def cmyk_jpeg(*, ycck: bool = False, **options: Any) -> bytes:
    """A CMYK JPEG as Adobe writes it, inverted; or one that is stored as YCCK."""
    ink = base().convert("CMYK")
    if not ycck:
        return encoded(ink, "JPEG", quality=90, **options)
    # The channels of cyan, magenta and yellow hold YCbCr of the inverted inks, as the marker says.
    *colours, _ = ink.split()
    bands = Image.merge("RGB", colours).convert("YCbCr").split()
    black = Image.fromarray((np.asarray(base("L")) // 8 + 10).astype(np.uint8))
    data = encoded(Image.merge("CMYK", (*bands, black)), "JPEG", quality=90, **options)
    marker = data.index(b"Adobe\0d")
    return data[: marker + 11] + b"\2" + data[marker + 12 :]


def formats() -> Corpus:
    """Every format and mode that both runtimes support."""
    jpeg = {
        f"sampled{sampling}{'p' if progressive else ''}.jpg": encoded(
            base(), "JPEG", quality=88, subsampling=sampling, progressive=progressive
        )
        for sampling in (0, 1, 2)
        for progressive in (False, True)
    }
    return {
        **jpeg,
        "grey.jpg": encoded(base("L"), "JPEG", quality=88),
        "rgb.jpg": encoded(base(), "JPEG", quality=90, keep_rgb=True),
        "cmyk.jpg": cmyk_jpeg(),
        "cmyk-profile.jpg": cmyk_jpeg(icc_profile=cmyk_profile()),
        "ycck.jpg": cmyk_jpeg(ycck=True),
        **{f"{mode}.png": encoded(base(mode), "PNG") for mode in ("1", "L", "LA", "RGB", "RGBA")},
        "palette.png": encoded(base().quantize(200), "PNG"),
        "palette-clear.png": encoded(base().quantize(200), "PNG", transparency=3),
        **{f"{mode}16.png": deep_png(mode) for mode in ("L", "LA", "RGB", "RGBA")},
        "lossy.webp": encoded(base(), "WEBP", quality=85),
        "lossless.webp": encoded(base(), "WEBP", lossless=True),
        "clear.webp": encoded(base("RGBA"), "WEBP", quality=85),
        **{f"{mode}.tif": encoded(base(mode), "TIFF") for mode in ("L", "RGB", "RGBA", "CMYK")},
        "image.bmp": encoded(base(), "BMP"),
        "image.gif": encoded(base().quantize(200), "GIF"),
    }


def _frames(mode: str = "RGB") -> list[Image.Image]:
    """The base through a moving window."""
    return [base(mode).crop((4 * number, 0, 200 + 4 * number, 160)) for number in range(5)]


def several() -> Corpus:
    """Animations and documents."""
    plays: dict[str, Any] = {"save_all": True, "duration": [40, 80, 120, 60, 200], "loop": 2}

    def saved(file_format: str, mode: str = "RGB", **options: Any) -> bytes:
        first, *others = _frames(mode)
        return encoded(first, file_format, append_images=others, **options)

    return {
        "moving.gif": saved("GIF", **plays, comment=b"A comment"),
        "moving.webp": saved("WEBP", **plays, quality=85, exif=exif(1), xmp=XMP),
        "lossless-moving.webp": saved("WEBP", **plays, lossless=True),
        "clear-moving.webp": saved("WEBP", "RGBA", **plays, quality=85),
        "moving.png": saved("PNG", **plays, exif=exif(1), icc_profile=rgb_profile(SRGB_PRIMARIES)),
        "grey-moving.png": saved("PNG", "L", **plays),
        "pages.tif": saved("TIFF", save_all=True, dpi=(300, 300), description="A scan"),
    }


def deep_tiff() -> bytes:
    """The samples of `deep_samples` in a TIFF, as big-endian software writes them."""
    samples = deep_samples("RGB").astype(">u2").tobytes()
    entries = (
        *((256, 4, 1, 240), (257, 4, 1, 180), (258, 3, 3, 8), (259, 3, 1, 1 << 16), (262, 3, 1, 2 << 16)),
        *((273, 4, 1, 16), (277, 3, 1, 3 << 16), (278, 4, 1, 180), (279, 4, 1, len(samples))),
    )
    directory = struct.pack(">H", len(entries)) + b"".join(struct.pack(">HHII", *entry) for entry in entries)
    head = b"MM\0*" + struct.pack(">IHHHH", 16 + len(samples), 16, 16, 16, 0)
    return head + samples + directory + bytes(4)


def heic(mode: str = "RGB", **options: Any) -> bytes:
    """A HEIC as phones write it. Needs pillow-heif."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return encoded(base(mode), "HEIF", quality=90, **options)


def deep_heic(**profile: int) -> bytes:
    """With 10 bits a channel; `profile`: its colours as numbers, see ITU-T H.273."""
    import pillow_heif

    samples = deep_samples("RGB")
    height, width = samples.shape[:2]
    picture = pillow_heif.from_bytes("RGB;16", (width, height), samples.astype("<u2").tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, quality=90, **profile)
    return buffer.getvalue()


def heics() -> Corpus:
    """HEIC as phones and programs write it. Needs pillow-heif."""
    whole = heic(exif=exif(6), icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES), xmp=XMP)
    first, *others = (base().crop((0, 0, 100 + 10 * number, 90)) for number in range(3))
    return {
        "turned.heic": whole,
        "clear.heic": heic("RGBA"),
        "grey.heic": heic("L"),
        "deep.heic": deep_heic(),
        "hdr.heic": deep_heic(color_primaries=9, transfer_characteristics=16),
        "several.heic": encoded(first, "HEIF", save_all=True, append_images=others, primary_index=1),
        "cut.heic": whole[: len(whole) // 2],
        "damaged.heic": whole.replace(b"hvcC", b"free"),
        "empty.heic": b"\0\0\0\x18ftypheic" + bytes(40),
        # Frames, as of a camera's burst, without a primary picture.
        "frames.heic": b"\0\0\0\x14ftypmsf1\0\0\0\0msf1\0\0\0\x08moov\0\0\0\x0cmdat" + bytes(4),
        # Display P3 in numbers alone.
        "wide.heic": deep_heic(color_primaries=12, transfer_characteristics=13),
    }


def native_formats() -> Corpus:
    """Formats whose codecs only the native Pillow has."""
    return {
        "lzw.tif": encoded(base(), "TIFF", compression="tiff_lzw"),
        "jpeg.tif": encoded(base(), "TIFF", compression="jpeg", quality=90),
        "deep.tif": deep_tiff(),
        "deep-lzw.tif": encoded(Image.open(io.BytesIO(deep_png("L"))), "TIFF", compression="tiff_lzw"),
        "turned.heic": heic(exif=exif(6), icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES), xmp=XMP),
        "clear.heic": heic("RGBA"),
        "deflate.tif": encoded(base("RGBA"), "TIFF", compression="tiff_adobe_deflate"),
        "image.avif": encoded(base(), "AVIF", quality=90),
        "clear.avif": encoded(base("RGBA"), "AVIF", quality=90),
    }


def annotated() -> Corpus:
    """Orientations, profiles and every kind of metadata."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "A title")
    texts.add_text("Comment", "A comment", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    jpeg = encoded(
        base(), "JPEG", exif=exif(1, thumbnail=True), xmp=XMP, comment=b"A comment", dpi=(300, 300)
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x05\0\x03abc"
    return {
        **{f"turned{n}.jpg": encoded(base(), "JPEG", exif=exif(n)) for n in range(1, 9)},
        "turned6.png": encoded(base(), "PNG", exif=exif(6)),
        "turned8.webp": encoded(base(), "WEBP", exif=exif(8), quality=85),
        "turned5.tif": encoded(base(), "TIFF", exif=exif(5)),
        "srgb.jpg": encoded(base(), "JPEG", icc_profile=rgb_profile(SRGB_PRIMARIES)),
        "p3.jpg": encoded(base(), "JPEG", icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES)),
        "adobe.png": encoded(base(), "PNG", icc_profile=rgb_profile(ADOBE_RGB_PRIMARIES)),
        "grey-profile.png": encoded(base("L"), "PNG", icc_profile=grey_profile()),
        "all.jpg": jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + jpeg[2:],
        "all.png": encoded(base(), "PNG", exif=exif(3, thumbnail=True), pnginfo=texts, dpi=(300, 300)),
        "all.webp": encoded(
            base(), "WEBP", exif=exif(1), xmp=XMP, icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES), quality=85
        ),
        "all.tif": encoded(
            base(),
            "TIFF",
            dpi=(300, 300),
            description="A description",
            icc_profile=rgb_profile(ADOBE_RGB_PRIMARIES),
        ),
        "deep-exif.png": deep_png("RGB", png_chunk(b"eXIf", exif(8)[6:]), png_chunk(b"tEXt", b"Title\0Deep")),
    }


def small_jpeg() -> bytes:
    """A thumbnail of the base."""
    return encoded(base().resize((40, 30)), "JPEG")


def segment(marker: int, body: bytes) -> bytes:
    """A marker segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def photoshop_resources() -> bytes:
    """A thumbnail of Photoshop 5 and one of Photoshop 4, IPTC with a preview and a caption, a resolution."""
    head = struct.pack(">IIIIIIHH", 1, 40, 30, 120, 3600, len(small_jpeg()), 24, 1)
    iptc = (
        b"\x1c\x02\x78\0\x09a caption" + b"\x1c\x02\xca" + struct.pack(">H", len(small_jpeg())) + small_jpeg()
    )
    resources = (
        (0x03ED, struct.pack(">IHHIHH", 300 << 16, 1, 1, 300 << 16, 1, 1)),
        (0x040C, head + small_jpeg()),
        (0x0409, head + small_jpeg()),
        (0x0404, iptc),
    )
    return b"".join(
        b"8BIM" + struct.pack(">HHI", kind, 0, len(body)) + body + bytes(len(body) % 2)
        for kind, body in resources
    )


def xmp_with_pictures() -> bytes:
    """XMP with a title, thumbnails as Adobe writes them, and a picture as cameras of phones write it."""
    picture = base64.b64encode(small_jpeg()).decode()
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"'
        ' xmlns:GImage="http://ns.google.com/photos/1.0/image/" dc:source="a source"'
        f' GImage:Mime="image/jpeg" GImage:Data="{picture}"><xmp:Thumbnails><rdf:Alt>'
        '<rdf:li rdf:parseType="Resource"><xmpGImg:format>JPEG</xmpGImg:format>'
        "<xmpGImg:width>40</xmpGImg:width><xmpGImg:height>30</xmpGImg:height>"
        f"<xmpGImg:image>{picture}</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def exif_with_a_raw_thumbnail() -> bytes:
    """EXIF whose thumbnail is not compressed: 40x30 pixels of RGB in a strip."""
    pixels = base().resize((40, 30)).tobytes()
    shorts = {254: 1, 256: 40, 257: 30, 259: 1, 262: 2, 277: 3, 278: 30}
    start = 8 + 2 + 12 + 4
    entries = [(tag, 3, struct.pack("<HH", value, 0)) for tag, value in shorts.items()]
    bits = start + 2 + 12 * (len(shorts) + 3) + 4
    longs = {258: bits, 273: bits + 6, 279: len(pixels)}
    entries += [(tag, 3 if tag == 258 else 4, struct.pack("<I", value)) for tag, value in longs.items()]
    first = struct.pack("<HHHI4sI", 1, 0x010F, 2, 4, b"Cam\0", start)
    second = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHI4s", tag, kind, 3 if tag == 258 else 1, value)
        for tag, kind, value in sorted(entries)
    )
    return b"Exif\0\0II*\0\x08\0\0\0" + first + second + bytes(4) + struct.pack("<HHH", 8, 8, 8) + pixels


def exif_with_a_maker_note(note: bytes) -> bytes:
    """EXIF with a make and a maker note."""
    tags = Image.Exif()
    tags[0x010F] = "Casio"
    tags.get_ifd(0x8769)[0x927C] = note
    return tags.tobytes()


def exif_with_a_preview(start: bytes = b"\xff\xd8") -> bytes:
    """The same with a note of Casio's second kind that holds a preview; its first bytes are altered."""
    head = b"QVC\0\0\0" + struct.pack(">HHHII", 1, 0x2000, 7, len(small_jpeg()), 0) + bytes(4)
    data = exif_with_a_maker_note(head + start + small_jpeg()[2:])
    place = data.index(head)
    offset = struct.pack(">I", place - 6 + len(head))
    return data[: place + 16] + offset + data[place + 20 :]


def carriers() -> Corpus:
    """Files with a small picture at each place where programs put one, and some metadata to be kept."""
    jpeg, small, xmp = (
        encoded(base(), "JPEG", quality=90, comment=b"A comment"),
        small_jpeg(),
        xmp_with_pictures(),
    )
    start, end = jpeg[:20], jpeg[20:]  # behind JFIF's header

    def with_segments(*segments: bytes) -> bytes:
        return start + b"".join(segments) + end

    pixels = base().resize((20, 15)).tobytes()
    jfif = jpeg[:2] + segment(0xE0, jpeg[6:18] + bytes((20, 15)) + pixels) + end
    resources = photoshop_resources()
    digest = hashlib.md5(xmp, usedforsecurity=False).hexdigest().upper().encode()
    more_head = b"http://ns.adobe.com/xmp/extension/\0" + digest + struct.pack(">I", len(xmp))
    more = [
        segment(0xE1, more_head + struct.pack(">I", place) + xmp[place : place + 700])
        for place in range(0, len(xmp), 700)
    ]
    note = b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s" dc:source="' % digest
    main = XMP.replace(b'dc:source="', note)
    profile = b"\n8bim\n%8d\n%s\n" % (len(resources), resources.hex().encode())
    chunks = {
        "8bim.png": png_chunk(b"zTXt", b"Raw profile type 8bim\0\0" + zlib.compress(profile)),
        "xmp.png": png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
        "text.png": png_chunk(b"tEXt", b"Thumbnail\0" + base64.b64encode(small)),
        "raw-exif.png": png_chunk(b"eXIf", exif_with_a_raw_thumbnail()[6:]),
    }
    png = encoded(base(), "PNG")
    gain_map = encoded(base(), "MPO", save_all=True, append_images=[base().resize((120, 90))])
    return {
        "jfif.jpg": jfif,
        "jfxx.jpg": with_segments(segment(0xE0, b"JFXX\0\x10" + small)),
        "photoshop.jpg": with_segments(segment(0xED, b"Photoshop 3.0\0" + resources)),
        "photoshop-cut.jpg": with_segments(
            *(segment(0xED, b"Photoshop 3.0\0" + resources[n : n + 500]) for n in range(0, 4000, 500)),
            segment(0xED, b"Photoshop 3.0\0" + resources[4000:]),
        ),
        "exif.jpg": with_segments(segment(0xE1, exif(1, thumbnail=True))),
        "raw-exif.jpg": with_segments(segment(0xE1, exif_with_a_raw_thumbnail())),
        "maker-note.jpg": with_segments(segment(0xE1, exif_with_a_preview())),
        "altered-note.jpg": with_segments(segment(0xE1, exif_with_a_preview(b"\7\xd8"))),
        "xmp.jpg": with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)),
        "more-xmp.jpg": with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main), *more),
        "flashpix.jpg": with_segments(
            segment(0xE2, b"FPXR\0\0\2\0\0" + struct.pack(">I", 0) + bytes(26) + small)
        ),
        "app2.jpg": with_segments(segment(0xE2, b"QVGA\0" + small)),
        "app4.jpg": with_segments(segment(0xE4, small), segment(0xE5, b"Ssuniqueid\0")),
        "two.jpg": gain_map,
        "trailing.jpg": jpeg + small,
        **{name: png[:33] + chunk + png[33:] for name, chunk in chunks.items()},
        "exif.webp": encoded(base(), "WEBP", exif=exif(1, thumbnail=True)),
        "xmp.webp": encoded(base(), "WEBP", xmp=xmp),
        "photoshop.tif": tiff_with(encoded(base(), "TIFF"), (34377, 1, resources), (305, 2, b"Software\0")),
        "xmp.tif": tiff_with(encoded(base(), "TIFF"), (700, 1, xmp)),
        "iptc.tif": tiff_with(
            encoded(base(), "TIFF"), (33723, 7, resources[resources.index(b"\x1c\x02\x78") :])
        ),
    }


def native_carriers() -> Corpus:
    """The same for formats whose codecs only the native Pillow has."""
    lzw = encoded(base(), "TIFF", compression="tiff_lzw")
    return {
        "photoshop-lzw.tif": tiff_with(lzw, (34377, 1, photoshop_resources()), (305, 2, b"Software\0")),
        "xmp.avif": encoded(base(), "AVIF", quality=90, xmp=xmp_with_pictures()),
    }
