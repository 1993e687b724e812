"""Makes damaged and odd pictures and works on them: python -m tests.fuzz [number of files] [seed]

Whatever the bytes are, a picture opens or a PictureError says why not: no other exception, no crash, no file
that takes long or much memory. Pictures that open are read (with a forward pass that finds no mark, and only
in the first windows), marked, written in each format and opened again. Half of the files are damaged byte by
byte. The others have unusual structures: blocks of metadata in another order, twice, nested, with wrong
lengths and offsets. The work is done in other processes, so that a crash ends one file and not the run. Files
that went wrong are kept in a folder.
"""

import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from hushmark import text
from hushmark.embedding import MarkOptions
from hushmark.errors import HushmarkError, OutputMetadata, OutputSide
from hushmark.marking import residual
from hushmark.picture.animation import open_animation
from hushmark.picture.picture import encode_picture, open_pages, open_picture, writable_formats
from hushmark.pipeline import embed
from hushmark.reading.search import search
from numpy.typing import NDArray

from tests.support import corpus, fakes

FILES = 40_000
MOST_SECONDS = 20.0
MOST_BYTES = 1_500 << 20
HARD_SECONDS = 60
"""A file that takes longer is given up."""
LOOKS = 30
"""Windows of a picture that are read; the hundreds of others are made in the same ways."""
CARD = replace(fakes.CARD, image_size=160)
_JOBS = 2
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The file with one to four kinds of damage, accidental or deliberate."""
    broken = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(broken)) if rng.random() < 0.5 else rng.randrange(min(len(broken), 400))
        match rng.randrange(6):
            case 0:
                broken[place] ^= 1 << rng.randrange(8)
            case 1:
                broken[place : place + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(_NUMBERS))
            case 2:
                broken[place : place + 2] = struct.pack(rng.choice("<>") + "H", rng.choice(_NUMBERS) & 0xFFFF)
            case 3:
                del broken[place : place + rng.randint(1, 64)]
            case 4:
                other = rng.choice(others)
                start = rng.randrange(len(other))
                broken[place:place] = other[start : start + rng.randint(1, 64)]
            case _:
                del broken[max(place, 16) :]
        if not broken:
            return b"\0"
    return bytes(broken)


def odd_tags(rng: random.Random) -> list[tuple[int, int, bytes]]:
    """Tags of TIFF and EXIF with values of any type and length, among them those that point into the file."""
    known = (
        254,
        269,
        270,
        273,
        279,
        282,
        296,
        301,
        305,
        315,
        330,
        333,
        337,
        339,
        347,
        513,
        514,
        529,
        532,
        700,
    )
    known += (
        33432,
        33550,
        33723,
        34377,
        34665,
        34675,
        34735,
        34853,
        37500,
        40091,
        42112,
        50706,
        50838,
        65000,
    )
    tags = []
    for _ in range(rng.randint(1, 6)):
        kind, count = rng.choice(list(corpus.TIFF_SIZES)), rng.choice((1, 1, 2, 3, 9, 100, 5000))
        size = corpus.TIFF_SIZES[kind] * count
        filling = rng.choice(
            (rng.randbytes(size), bytes(size), struct.pack("<I", rng.randrange(4000)) * size)
        )
        tags.append((rng.choice(known), kind, filling[:size]))
    return tags


def odd_exif(rng: random.Random) -> bytes:
    """EXIF as a TIFF structure."""
    start = rng.choice((corpus.exif(rng.randrange(10), thumbnail=True), corpus.exif_with_a_raw_thumbnail()))
    start = rng.choice((start, corpus.exif_with_a_preview()))[6:]
    block = bytearray(corpus.tiff_with(start, *odd_tags(rng)) if start.startswith(b"II") else start)
    for _ in range(rng.choice((0, 0, 1, 3))):
        # Most of these are the tag, type, length or place of an entry.
        block[rng.randrange(min(len(block), 200))] = rng.choice((*range(14), rng.randrange(256)))
    return bytes(block)


def odd_block(rng: random.Random) -> bytes:
    """Some metadata, at times of one kind inside another, at times cut off or too long."""
    block = rng.choice(
        (
            corpus.XMP,
            corpus.xmp_with_pictures(),
            corpus.photoshop_resources(),
            corpus.rgb_profile(corpus.SRGB_PRIMARIES),
            corpus.small_jpeg(),
            b"",
            rng.randbytes(rng.choice((3, 300, 30_000))),
        )
    )
    if rng.random() < 0.3:
        block = odd_exif(rng)
    if rng.random() < 0.2:
        block = b"8BIM" + struct.pack(">HHI", 1036, 0, rng.choice((len(block), *_NUMBERS))) + block
    return block[: rng.randrange(len(block) + 1)] if rng.random() < 0.2 else block


def odd_jpeg(data: bytes, rng: random.Random) -> bytes:
    """A JPEG with application segments in any number, order and length."""
    heads = (
        b"JFIF\0",
        b"JFXX\0\x10",
        b"Exif\0\0",
        b"http://ns.adobe.com/xap/1.0/\0",
        b"ICC_PROFILE\0\1\1",
        b"",
    )
    heads += (b"http://ns.adobe.com/xmp/extension/\0", b"MPF\0", b"Photoshop 3.0\0", b"Adobe\0d", b"FPXR\0")
    segments = []
    for _ in range(rng.randint(1, 8)):
        body = (rng.choice(heads) + odd_block(rng))[:65_533]
        segment = bytearray(corpus.segment(rng.choice((*range(0xE0, 0xF0), 0xE1, 0xE1, 0xED, 0xFE)), body))
        if rng.random() < 0.1:
            segment[2:4] = struct.pack(">H", rng.choice(_NUMBERS) & 0xFFFF)
        segments += [bytes(segment)] * rng.choice((1, 1, 1, 2, 30))
    rng.shuffle(segments)
    start = rng.choice((2, 20))
    return data[:start] + b"".join(segments) + data[start:] + rng.choice((b"", data, corpus.small_jpeg()))


def odd_png(data: bytes, rng: random.Random) -> bytes:
    """A PNG with chunks in any number, order and length, behind the pixels, too."""
    chunks = []
    for _ in range(rng.randint(1, 8)):
        kind = rng.choice(
            (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"pHYs", b"gAMA", b"tRNS", b"sBIT", b"acTL")
        )
        block = odd_block(rng)
        keyword = rng.choice(
            (b"Title", b"XML:com.adobe.xmp", b"Raw profile type 8bim", b"Raw profile type exif")
        )
        if keyword.startswith(b"Raw"):
            block = b"\nexif\n%8d\n%s\n" % (len(block), block.hex().encode())
        if kind in (b"zTXt", b"iCCP"):
            block = keyword + b"\0\0" + zlib.compress(block)
        elif kind == b"iTXt":
            packed = rng.random() < 0.5
            block = keyword + bytes((0, packed, 0, 0, 0)) + (zlib.compress(block) if packed else block)
        elif kind == b"tEXt":
            block = keyword + b"\0" + block
        chunks.append(corpus.png_chunk(kind, block[: rng.choice((len(block), len(block), 9))]))
    place = rng.choice((33, 33, len(data) - 12))
    return data[:place] + b"".join(chunks) + data[place:]


def odd_webp(data: bytes, rng: random.Random) -> bytes:
    """A WebP with chunks of metadata in any number and order."""
    flags = struct.pack("<I", rng.randrange(256))
    size = corpus.base().size
    chunks = [b"VP8X" + struct.pack("<I", 10) + flags + b"".join((n - 1).to_bytes(3, "little") for n in size)]
    chunks.append(data[12:])
    for _ in range(rng.randint(1, 5)):
        block = odd_block(rng)
        length = len(block) if rng.random() < 0.9 else rng.choice(_NUMBERS)
        name = rng.choice((b"EXIF", b"XMP ", b"ICCP", b"ALPH", b"ANIM", b"what"))
        chunks.append(name + struct.pack("<I", length) + block + bytes(len(block) % 2))
    if rng.random() < 0.3:
        rng.shuffle(chunks)
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def odd(name: str, data: bytes, rng: random.Random) -> bytes:
    """The file with an unusual structure; damaged where its format has no blocks to add."""
    if name.endswith(".jpg"):
        return odd_jpeg(data, rng)
    if name.endswith(".png"):
        return odd_png(data, rng)
    if name.endswith(".webp"):
        return odd_webp(data, rng)
    if name.endswith(".tif") and data.startswith(b"II"):
        return corpus.tiff_with(data, *odd_tags(rng))
    return damaged(data, [data], rng)


def files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents, the same for the same seed."""
    rng = random.Random(seed)
    covers = {**corpus.formats(), **corpus.native_formats(), **corpus.annotated()}
    covers |= {**corpus.carriers(), **corpus.native_carriers(), **corpus.several()}
    others = list(covers.values())
    for number in range(count):
        name = rng.choice(list(covers))
        data = odd(name, covers[name], rng) if number % 2 else damaged(covers[name], others, rng)
        yield f"{number}-{name}", data


class Enough(Exception):
    """Ends a reading after enough windows."""


class Blind(fakes.SpreadForward):
    """A forward pass without a network that finds no mark."""

    def __init__(self) -> None:
        # Without super().__init__(), whose patterns take long to make and are not needed.
        self._looks = 0

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._looks == LOOKS:
            raise Enough
        self._looks += 1
        return np.zeros((1, CARD.bits), np.float32)

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        await self.decode(image)
        return np.array([[-1, -1, 1, -1, -1, 1, 1, 1, 0, -10]], np.float32)


def try_one(data: bytes) -> str:
    """Open, read, mark, write in every format and open that -> the result in words."""
    pattern = np.random.default_rng(1).normal(0, 0.01, (1, 3, 64, 64)).astype(np.float32)
    try:
        if open_animation(data, "photo") is not None or len(open_pages(data, "photo")) > 1:
            again = MarkOptions(again=True)
            forward = fakes.SpreadForward()
            fakes.run(embed(data, text("a"), name="photo", forward=forward, card=fakes.CARD, options=again))
            return "marked"
        picture = open_picture(data, "photo")
    except HushmarkError as error:
        return error.code
    try:
        with suppress(Enough):
            fakes.run(search(picture, forward=Blind(), card=CARD))
        open_picture(data, "photo", least_sides=(64, 64))
        for target in writable_formats():
            try:
                picture = picture.in_format(target, None)
            except (OutputMetadata, OutputSide):  # JPEG has no room for some metadata, WebP for long sides
                continue
            marked, _ = residual.apply(picture, pattern)
            open_picture(b"".join(encode_picture(marked)), "photo", least_sides=(64, 64))
            picture = open_picture(data, "photo")  # marking changes the pixels in place
    except HushmarkError as error:
        return f"opened, then {error.code}"
    return "opened"


def went_wrong(result: str) -> bool:
    """Whether the result of a file is one that must not happen."""
    return not result.startswith(("picture-", "opened", "marked")) or "picture-metadata" in result


def serve(connection) -> None:  # type: ignore[no-untyped-def]  # a Connection, generic in later Pythons only
    """Work on files from the connection; send back the result, seconds, and the peak memory in bytes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            data = connection.recv_bytes()
        except EOFError:
            return
        start = time.process_time()
        try:
            result = try_one(data)
        except Exception:
            result = f"another exception\n{traceback.format_exc()}"
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        connection.send((result, time.process_time() - start, most))


class Worker:
    """A process that works on files, and is started again when it crashed or took too much."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def work(self, data: bytes) -> tuple[str, float, int]:
        """The result of a file, seconds, bytes."""
        self._connection.send_bytes(data)
        try:
            if self._connection.poll(HARD_SECONDS):
                result, seconds, most = self._connection.recv()
                if most > MOST_BYTES:  # the peak is the whole process's, and never falls
                    self._process.kill()
                    self._start()
                return result, seconds, most
            self._process.kill()
            self._process.join()
            return "given up", HARD_SECONDS, 0
        except EOFError:
            self._process.join()
            code = self._process.exitcode or 0
            return f"ended the process: {signal.Signals(-code).name if code < 0 else code}", 0, 0
        finally:
            if not self._process.is_alive():
                self._start()


def main(count: int = FILES, seed: int = 1) -> None:
    """Run, count and print; the exit status says whether anything was wrong."""
    kept = Path(tempfile.mkdtemp(prefix="fuzz-"))
    workers = [Worker() for _ in range(_JOBS)]
    results: Counter[str] = Counter()
    wrong = 0
    everything = files(count, seed)

    def work(worker: Worker, batch: list[tuple[str, bytes]]) -> list[tuple[str, bytes, str, float, int]]:
        return [(name, data, *worker.work(data)) for name, data in batch]

    with ThreadPoolExecutor(_JOBS) as pool:
        while batches := [batch for _ in workers if (batch := list(islice(everything, 50)))]:
            for done in pool.map(work, workers, batches):
                for name, data, result, seconds, most in done:
                    if went_wrong(result) or seconds > MOST_SECONDS or most > MOST_BYTES:
                        wrong += 1
                        (kept / name).write_bytes(data)
                        print(f"{name}: {seconds:.1f} s, {most >> 20} MB, {result}", file=sys.stderr)
                    results[result.splitlines()[0]] += 1
    for result, number in results.most_common():
        print(f"{number:7d}  {result}")
    if wrong:
        raise SystemExit(f"{wrong} of {count} files went wrong; they are in {kept}.")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
