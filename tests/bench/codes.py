"""Compare error-correcting codes for the message: python -m tests.bench.codes [--words 400].

All codes get the same total energy, since all marks may be equally visible: the amplitude of a raw bit falls
with the square root of their number. A message is read if its word is among the candidates whose check is
tried. The more are tried, the longer the check is, so that the chance of a false reading stays the same.
"""

import argparse
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from hushmark.message.code import HARD, SOFT, PolarCode, quantise
from numpy.typing import NDArray

MESSAGE_BITS = 68
ENERGIES = (19, 20, 20.5, 21, 22, 23, 24, 25)
"""Energy of all raw bits together against the noise's density, E/N0, in dB."""

Logits = NDArray[np.float64]
Channel = Callable[[Logits, float, np.random.Generator], Logits]


def plain(signs: Logits, amplitude: float, rng: np.random.Generator) -> Logits:
    return signs * amplitude + rng.standard_normal(signs.shape)


def erased(signs: Logits, amplitude: float, rng: np.random.Generator) -> Logits:
    """3 in 10 bits are weak values of noise only."""
    lost = rng.random(signs.shape) < 0.3
    return np.where(lost, 0.1 * rng.standard_normal(signs.shape), plain(signs, amplitude, rng))


def scaled(signs: Logits, amplitude: float, rng: np.random.Generator) -> Logits:
    """Each logit is scaled by a random factor, of 2 either way at one standard deviation."""
    return plain(signs, amplitude, rng) * 2 ** rng.standard_normal(signs.shape)


def flipped(signs: Logits, amplitude: float, rng: np.random.Generator) -> Logits:
    """1 in 10 bits is wrong, with a larger logit than the others; the energy is 5 dB more than stated."""
    amplitude *= 10 ** (5 / 20)
    wrong = rng.random(signs.shape) < 0.1
    return np.where(wrong, -signs * (amplitude + 3), plain(signs, amplitude, rng))


CHANNELS: dict[str, Channel] = {"plain": plain, "erased": erased, "scaled": scaled, "flipped": flipped}


def check_bits(tried: int) -> int:
    """Check bits that keep the chance of 250 looks with so many tries each under 4.7e-7."""
    return 29 + (tried - 1).bit_length()


class Code(Protocol):
    name: str
    length: int

    def read(self, logits_of: Callable[[Logits], Logits], words: int, rng: np.random.Generator) -> float:
        """The share of random messages that are read; `logits_of` is the channel, given signs (1 for a 1)."""


class Polar:
    """With `paths` paths; the check is tried on the `tried` likeliest."""

    def __init__(self, length: int, paths: int, tried: int, clip: float = SOFT) -> None:
        self.code = PolarCode(length, MESSAGE_BITS + check_bits(tried))
        self.length, self.paths, self.tried, self.clip = length, paths, tried, clip
        self.name = f"polar ({length},{self.code.size}), {paths} paths, {tried} tried, clip {clip:g}"

    def read(self, logits_of: Callable[[Logits], Logits], words: int, rng: np.random.Generator) -> float:
        bits = rng.integers(0, 2, (words, self.code.size), dtype=np.uint8)
        logits = logits_of(2.0 * self.code.encode(bits) - 1)
        found, _, _ = self.code.decode(quantise(logits, self.clip), self.paths)
        hits = (found[:, : self.tried] == bits[:, np.newaxis]).all(axis=2).any(axis=1)
        return float(hits.mean())


class _ReedMullerCode(PolarCode):
    def _weights(self) -> NDArray[np.float64]:
        """Rows of high weight first: the Reed-Muller code of this size."""
        places = np.arange(1 << self._order)
        ones = (places[:, np.newaxis] >> np.arange(self._order) & 1).sum(axis=1)
        return 1000.0 * ones + super()._weights()


class ReedMuller(Polar):
    """The order determines the size, and the check gets the remaining bits."""

    def __init__(self, length: int, size: int, paths: int, tried: int) -> None:
        self.code = _ReedMullerCode(length, size)
        self.length, self.paths, self.tried, self.clip = length, paths, tried, SOFT
        self.name = f"Reed-Muller ({length},{size}), {paths} paths, {tried} tried"


class Bch:
    """With hard decisions: up to `errors` wrong bits in a word are corrected, and no more.

    Any algebraic decoder does that, so it is enough to count the wrong bits.
    """

    def __init__(self, length: int, size: int, errors: int) -> None:
        self.length, self.errors = length, errors
        self.name = f"BCH ({length},{size}), {errors} errors"

    def read(self, logits_of: Callable[[Logits], Logits], words: int, rng: np.random.Generator) -> float:
        # The code is linear and the channels are symmetric, so any word can be used.
        signs = rng.choice((-1.0, 1.0), (words, self.length))
        return float((((logits_of(signs) > 0) != (signs > 0)).sum(axis=1) <= self.errors).mean())


class TailBiting:
    """A tail-biting convolutional code, punctured evenly, with list Viterbi decoding.

    The first round finds the start of each state; the second keeps `kept` paths per state. The `tried`
    likeliest of those that end where they began are candidates.
    """

    def __init__(self, length: int, generators: tuple[int, ...], kept: int, tried: int) -> None:
        self.length, self.kept, self.tried = length, kept, tried
        self.size = MESSAGE_BITS + check_bits(tried)
        self.memory = max(generators).bit_length() - 1
        self.generators = generators
        self.name = f"tail-biting ({length},{self.size}), memory {self.memory}, {tried} tried"
        total = self.size * len(generators)
        self.places = np.arange(length) * total // length
        state = np.arange(1 << self.memory)
        # The two states before each state; its lowest bit is the newest.
        before = np.stack((state >> 1, state >> 1 | 1 << self.memory - 1))
        registers = before << 1 | state & 1
        parities = [[[(int(r) & g).bit_count() & 1 for g in generators] for r in row] for row in registers]
        self.before, self.signs = before, 2.0 * np.array(parities) - 1

    def read(self, logits_of: Callable[[Logits], Logits], words: int, rng: np.random.Generator) -> float:
        bits = rng.integers(0, 2, (words, self.size), dtype=np.uint8)
        outputs = np.zeros((words, self.size, len(self.generators)), np.uint8)
        for number, generator in enumerate(self.generators):
            for delay in range(self.memory + 1):
                if generator >> delay & 1:
                    outputs[:, :, number] ^= np.roll(bits, delay, axis=1)
        logits = np.zeros((words, self.size * len(self.generators)))
        logits[:, self.places] = quantise(logits_of(2.0 * outputs.reshape(words, -1)[:, self.places] - 1))
        found = self._decode(logits.reshape(words, self.size, -1).astype(np.float32))
        return float((found == _numbers(bits)[:, np.newaxis]).all(axis=2).any(axis=1).mean())

    def _decode(self, logits: NDArray[np.float32]) -> NDArray[np.int64]:
        """The candidates of words [w, size, outputs], as int64 [w, tried, 2]."""
        words, states = len(logits), 1 << self.memory
        gains = np.einsum("wto,pso->twps", logits, self.signs.astype(np.float32))
        score = np.zeros((words, states), np.float32)
        for gain in gains:
            score = (score[:, self.before] + gain).max(axis=1)
        first = score.copy()
        scores = np.full((words, states, self.kept), -1e9, np.float32)
        scores[:, :, 0] = score
        starts = np.broadcast_to(np.arange(states)[:, np.newaxis], scores.shape)
        numbers = np.zeros((*scores.shape, 2), np.int64)
        newest = (np.arange(states) & 1)[:, np.newaxis]
        for step, gain in enumerate(gains):
            every = scores[:, self.before] + gain[..., np.newaxis]
            every = every.transpose(0, 2, 1, 3).reshape(words, states, -1)
            best = np.argpartition(-every, self.kept - 1, axis=2)[:, :, : self.kept]
            scores = np.take_along_axis(every, best, axis=2)
            origin = self.before.T[np.newaxis, :, :, np.newaxis], np.arange(self.kept)
            path = np.broadcast_to(origin[0] * self.kept + origin[1], (words, states, 2, self.kept))
            path = np.take_along_axis(path.reshape(words, states, -1), best, axis=2).reshape(words, -1)
            starts = np.take_along_axis(starts.reshape(words, -1), path, axis=1).reshape(scores.shape)
            numbers = np.take_along_axis(numbers.reshape(words, -1, 2), path[..., np.newaxis], axis=1)
            numbers = numbers.reshape(*scores.shape, 2)
            half = numbers[..., step * 2 // self.size]
            half[...] = half << 1 | newest
        closed = starts == np.arange(states)[:, np.newaxis]
        total = np.where(closed, scores - first[:, :, np.newaxis], -np.inf).reshape(words, -1)
        order = np.argsort(-total, axis=1)[:, : self.tried]
        return np.take_along_axis(numbers.reshape(words, -1, 2), order[..., np.newaxis], axis=1)


def _numbers(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Bits [w, size] as two numbers int64 [w, 2], as `TailBiting` counts them."""
    numbers = np.zeros((len(bits), 2), np.int64)
    for step in range(bits.shape[1]):
        half = numbers[:, step * 2 // bits.shape[1]]
        half[...] = half << 1 | bits[:, step]
    return numbers


CODES: tuple[Code, ...] = (
    Bch(127, 99, 4),
    Bch(192, 100, 12),
    Bch(255, 99, 23),
    ReedMuller(128, 99, 32, 4),
    ReedMuller(256, 93, 32, 1),
    ReedMuller(256, 93, 128, 1),
    TailBiting(128, (0o561, 0o753), 4, 8),
    TailBiting(192, (0o561, 0o753), 4, 8),
    TailBiting(256, (0o557, 0o663, 0o711), 4, 8),
    Polar(128, 64, 32),
    Polar(192, 64, 32),
    Polar(256, 8, 8),
    Polar(256, 16, 16),
    Polar(256, 32, 32),
    Polar(256, 64, 32),
    Polar(256, 128, 32),
    Polar(256, 64, 32, HARD),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Message rates of error-correcting codes at equal energy.")
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--channel", choices=[*CHANNELS], help="only this one")
    options = parser.parse_args()
    for length in (128, 192, 256):
        shares = "  ".join(f"{_accuracy(length, energy):5.1%}" for energy in ENERGIES)
        print(f"{f'right raw bits of {length}, plain':55}{shares}")
    energies = "  ".join(f"{energy:5g}" for energy in ENERGIES)
    for name in [options.channel] if options.channel else CHANNELS:
        print(f"\n{f'{name}: messages read at E/N0 of ... dB':55}{energies}   ms")
        for code in CODES:
            cells, start = [], time.perf_counter()
            for energy in ENERGIES:
                amplitude = np.sqrt(2 * 10 ** (energy / 10) / code.length)
                cells.append(_rate(code, CHANNELS[name], amplitude, options.words))
            each = 1000 * (time.perf_counter() - start) / len(ENERGIES) / options.words
            print(f"{code.name:55}{'  '.join(f'{cell:5.1%}' for cell in cells)}{each:5.1f}", flush=True)


def _rate(code: Code, channel: Channel, amplitude: float, words: int) -> float:
    rng = np.random.default_rng(11)
    shares = []
    for start in range(0, words, 50):
        count = min(50, words - start)
        shares.append(count * code.read(lambda signs: channel(signs, amplitude, rng), count, rng))
    return sum(shares) / words


def _accuracy(length: int, energy: float) -> float:
    rng = np.random.default_rng(12)
    signs = np.ones((400, length))
    return float((plain(signs, np.sqrt(2 * 10 ** (energy / 10) / length), rng) > 0).mean())


if __name__ == "__main__":
    main()
