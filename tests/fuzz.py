"""Damages pictures of every kind and opens them: python -m tests.fuzz [number of files] [seed]

Whatever the bytes are, a picture opens or a PictureError says why not: no other exception, no file that takes
seconds, no jump of memory. What opens is marked and written, too. A crash of a decoder ends the run.
"""

import random
import resource
import struct
import sys
import time
import traceback
from collections import Counter

import numpy as np
from hushmark.errors import HushmarkError, PictureError
from hushmark.marking import residual
from hushmark.picture.picture import open_picture, save_picture

from tests.support import corpus

FILES = 20_000
MOST_SECONDS = 5.0
SECONDS_A_MEGAPIXEL = 2.0
"""What opens, at the size that its damaged header says, may take so much more: AVIF's encoder nearly does."""
MOST_KILOBYTES = 512 * 1024
"""A header may promise up to 120 million pixels, but the damaged files are small: few get far."""
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The file with one to four things done to it that go wrong on the way, or that somebody would try."""
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


def try_one(data: bytes, pattern: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> tuple[str, float]:
    """Open, look at, mark and write; what came of it, and the megapixels of what opened."""
    try:
        picture = open_picture(data, "photo")
    except PictureError as error:
        return error.code, 0
    megapixels = picture.image.width * picture.image.height / 1e6
    try:
        residual.prepare(picture, 64)
        residual.page(picture, 64)
        open_picture(data, "photo", least_side=64)
        marked, _ = residual.apply(picture, pattern, 40)
        save_picture(marked)
    except HushmarkError as error:
        return f"opened, then {error.code}", megapixels
    return "opened", megapixels


def main(files: int = FILES, seed: int = 1) -> None:
    """Run, count and print; the exit status says whether anything was wrong."""
    rng = random.Random(seed)
    covers = {**corpus.formats(), **corpus.native_formats(), **corpus.annotated()}
    others = list(covers.values())
    noise = np.random.default_rng(seed).standard_normal((1, 3, 64, 64)).astype(np.float32)
    results: Counter[str] = Counter()
    wrong = 0
    for number in range(files):
        name = rng.choice(list(covers))
        data = damaged(covers[name], others, rng)
        memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        try:
            result, megapixels = try_one(data, noise)
        except Exception:
            wrong += 1
            result, megapixels = "another exception", 0
            print(f"{number} {name}:\n{traceback.format_exc()}", file=sys.stderr)
        seconds = time.process_time() - start
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        if seconds > MOST_SECONDS + SECONDS_A_MEGAPIXEL * megapixels or grown > MOST_KILOBYTES:
            wrong += 1
            print(f"{number} {name}: {seconds:.1f} s, {grown / 1024:.0f} MB more, {result}", file=sys.stderr)
        results[result] += 1
    for result, count in results.most_common():
        print(f"{count:7d}  {result}")
    if wrong:
        raise SystemExit(f"{wrong} of {files} files went wrong.")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
