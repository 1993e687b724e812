"""The page's side of the package: the only file that knows JavaScript. Runs inside Pyodide in a worker.

Big arrays cross as whole buffers: `assign` and `to_py` copy a typed array in one go, where iterating over a
proxy would take it element by element.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol

import js
import numpy as np
from numpy.typing import NDArray
from pyodide.ffi import JsException, JsProxy, jsnull, to_js

from .. import pipeline
from ..card import read_card
from ..errors import HushmarkError, picture_error
from ..marking import overlay
from ..message.codes import Protected
from ..message.keys import Key
from ..message.known import KnownIds, Match
from ..message.payload import Payload, parse, to_bytes
from ..picture.picture import MIME_TYPES
from ..pipeline import Progress
from ..reading.reading import AlreadyMarked, Reading
from ..reading.search import is_sure
from ..trials import TRIALS

_OVERLAY_NAME = "hushmark-overlay.png"

_More = ParamSpec("_More")
_OnPicture = Callable[Concatenate["Engine", JsProxy, str, _More], Coroutine[Any, Any, JsProxy]]
"""Work on a picture: its bytes, its name and what else it takes -> the answer."""


class JsForward(Protocol):
    """What the worker hands over: flat Float32Arrays in (for good), a promise of the outputs."""

    def encode(self, bits: JsProxy, image: JsProxy) -> Awaitable[JsProxy]:
        """Bits [n] and image [3*S*S] -> [residual [3*S*S]]."""
        ...

    def refine(self, bits: JsProxy, image: JsProxy, residual: JsProxy) -> Awaitable[JsProxy]:
        """Bits [n], image [3*S*S], residual [3*S/2*S/2] -> [gradient like the residual, margins [n]]."""
        ...

    def decode(self, image: JsProxy) -> Awaitable[JsProxy]:
        """Image [3*S*S] -> [logits [n]]."""
        ...


def _answered(method: _OnPicture[_More]) -> _OnPicture[_More]:
    """Have whatever exception a picture brings about as an answer, see `picture_error`."""

    @wraps(method)
    async def answered(
        self: "Engine", data: JsProxy, name: str, /, *more: _More.args, **named: _More.kwargs
    ) -> JsProxy:
        try:
            return await method(self, data, name, *more, **named)
        except JsException:
            raise  # of the networks, for instance: it is not the picture's
        except Exception as error:
            return _error(picture_error(error, name))

    return answered


class Engine:
    """Entry points for the worker.

    What is wrong with a picture, a payload or a list, or goes wrong in Python over a picture, comes back as
    `{error: {code, message, facts}}`; JavaScript's errors, those of the networks among them, propagate.
    `turn` is set when the job may use the networks; None lets it at once.
    """

    def __init__(self, js_forward: JsForward, card_path: str) -> None:
        self._js = js_forward
        self._card = read_card(Path(card_path))

    @_answered
    async def embed(
        self,
        data: JsProxy,
        name: str,
        options: JsProxy,
        on_progress: Progress,
        turn: asyncio.Event | None = None,
    ) -> JsProxy:
        """Mark the picture in `data` (Uint8Array).

        `options`: {kind: text, hex, number, protected or random (which ignores `value`), value, key:
        passphrase or null, strength, again: boolean, format: JPEG, PNG, ... or null, quality:
        1..100 or null}
        -> {data: Uint8Array, name, type (MIME), width, height, sizeBefore (bytes), strength, psnr,
        payload: {kind, value, hex}, check: reading, warnings: codes (see `pipeline.MarkWarning`), expected
        (see `pipeline.Marked`), removed: codes (see `previews.Preview`), difference: Uint8Array (PNG),
        phases: {phase: ms}}. The error "already-marked" has the payload that was read, too.
        """
        wanted = _options(options)
        cover = data.to_bytes()
        forward = _Forward(self._js, turn)
        try:
            marked = await pipeline.embed(
                cover,
                self._payload(wanted),
                name=name,
                strength=wanted["strength"],
                key=_key(wanted),
                again=wanted["again"],
                output_format=wanted.get("format"),
                quality=wanted.get("quality"),
                forward=forward,
                card=self._card,
                progress=on_progress,
            )
        except AlreadyMarked as error:
            return _error(error, payload=self._facts(error.reading.payload))
        # The phase of the first forward pass has the wait for it in it, which is not this picture's time.
        first = "forward" if wanted["again"] else "prepare"
        return _object(
            data=_uint8_array(marked.data),
            name=marked.name,
            type=MIME_TYPES[marked.file_format],
            width=marked.width,
            height=marked.height,
            sizeBefore=len(cover),
            strength=marked.strength,
            psnr=marked.psnr,
            payload=self._facts(marked.payload),
            check=self._reading(marked.check),
            warnings=list(marked.warnings),
            expected=marked.expected,
            removed=list(marked.removed),
            difference=_uint8_array(marked.difference()),
            phases={**marked.phases, first: marked.phases[first] - forward.waited},
        )

    @_answered
    async def read(
        self,
        data: JsProxy,
        name: str,
        options: JsProxy,
        on_progress: Progress,
        turn: asyncio.Event | None = None,
    ) -> JsProxy:
        """Read the picture in `data` (Uint8Array).

        `options`: {key: passphrase or null, known: list of payloads (see `KnownIds.parse`) or null}
        -> {found, payload: {kind, value, hex} or null, bits: [0 or 1], confidences: Float32Array, statistic,
        threshold, falseAlarm, corners: [[x, y] x 4] (see Window), tried, protected: {value, hex, corrected,
        margin, certainty} or null, match: {label: text or null, payload, agreeing, certainty, chance} or
        null, phases: {phase: ms}}
        """
        wanted = _options(options)
        result = await pipeline.read(
            data.to_bytes(),
            name=name,
            forward=_Forward(self._js, turn),
            card=self._card,
            key=_key(wanted),
            known=KnownIds.parse(wanted["known"], self._card.bits) if wanted.get("known") else None,
            progress=on_progress,
        )
        return _object(**self._reading(result.reading), phases=result.phases)

    async def overlay(self, options: JsProxy, turn: asyncio.Event | None = None) -> JsProxy:
        """Make a transparent tile that marks a page. `options`: {kind, value, key, strength} as in `embed`.

        -> {data: Uint8Array (PNG), css: the rule that lays it over a page, payload: {kind, value, hex}}
        """
        wanted = _options(options)
        try:
            payload = self._payload(wanted)
            tile = await overlay.overlay(
                payload,
                forward=_Forward(self._js, turn),
                card=self._card,
                strength=wanted["strength"],
                key=_key(wanted),
            )
        except HushmarkError as error:
            return _error(error)
        return _object(data=_uint8_array(tile), css=overlay.css(_OVERLAY_NAME), payload=self._facts(payload))

    def labKinds(self) -> JsProxy:
        """What the lab can do to a picture -> [{name, least, most, start, unit}], see `distortions.Trial`."""
        fields = ("least", "most", "start", "unit")
        kinds = [
            {"name": name, **{field: getattr(trial, field) for field in fields}}
            for name, trial in TRIALS.items()
        ]
        return to_js(kinds, dict_converter=js.Object.fromEntries)

    @_answered
    async def lab(
        self,
        data: JsProxy,
        name: str,
        options: JsProxy,
        on_progress: Progress,
        turn: asyncio.Event | None = None,
    ) -> JsProxy:
        """Change a copy of the picture in `data` (Uint8Array), and read it.

        `options`: {steps: [{kind, amount}], taken in turn, key: passphrase or null, thorough: boolean (see
        `pipeline.attempt`)} -> {preview: Uint8Array (JPEG), reading, sure: a search would look no further}
        """
        wanted = _options(options)
        tried = await pipeline.attempt(
            data.to_bytes(),
            [(step["kind"], step["amount"]) for step in wanted["steps"]],
            name=name,
            forward=_Forward(self._js, turn),
            card=self._card,
            key=_key(wanted),
            thorough=wanted["thorough"],
            progress=on_progress,
        )
        return _object(
            preview=_uint8_array(tried.preview),
            reading=self._reading(tried.reading),
            sure=is_sure(tried.reading),
        )

    def _payload(self, options: dict[str, Any]) -> Payload:
        return parse(options["kind"], options["value"], self._card.bits)

    def _facts(self, payload: Payload | None) -> object:
        if payload is None:
            return jsnull
        return {"kind": payload.kind, "value": payload.value, "hex": to_bytes(payload, self._card.bits).hex()}

    def _reading(self, reading: Reading) -> dict[str, Any]:
        return {
            "found": reading.found,
            "payload": self._facts(reading.payload),
            "bits": reading.bits,
            "confidences": _float32_array(np.array(reading.confidences, np.float32)),
            "statistic": reading.statistic,
            "threshold": reading.threshold,
            "falseAlarm": reading.false_alarm,
            "corners": reading.window.corners,
            "tried": reading.tried,
            "protected": jsnull if reading.protected is None else _protected(reading.protected),
            "match": jsnull if reading.match is None else self._match(reading.match),
        }

    def _match(self, match: Match) -> dict[str, object]:
        return {
            "label": jsnull if match.label is None else match.label,
            "payload": self._facts(match.payload),
            "agreeing": match.agreeing,
            "certainty": match.certainty,
            "chance": match.chance,
        }


class Job:
    """One of the Engine's methods at work, for JavaScript to hold in its hand.

    A job that comes before its turn can have its picture ready, and no more.
    """

    def __init__(self, method: Callable[..., Coroutine[Any, Any, JsProxy]], *arguments: object) -> None:
        self._may_begin, self._turn = asyncio.Event(), asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run(method, arguments))

    def begin(self) -> None:
        """Let it work up to its first forward pass."""
        self._may_begin.set()

    def proceed(self) -> None:
        """Let it work to its end."""
        self.begin()
        self._turn.set()

    def cancel(self) -> None:
        """End it where it next waits for something."""
        self._task.cancel()

    async def result(self) -> JsProxy:
        """What the method answers. Raises CancelledError."""
        return await self._task

    async def _run(
        self, method: Callable[..., Coroutine[Any, Any, JsProxy]], arguments: tuple[object, ...]
    ) -> JsProxy:
        await self._may_begin.wait()
        return await method(*arguments, self._turn)


class _Forward:
    """`Forward` around the worker's sessions, for one job."""

    def __init__(self, js_forward: JsForward, turn: asyncio.Event | None) -> None:
        self._js = js_forward
        self._turn = turn
        self.waited = 0.0
        """Milliseconds before it was this job's turn."""

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        (residual,) = await self._run(self._js.encode, bits, image)
        return residual.reshape(image.shape)

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        gradient, margins = await self._run(self._js.refine, bits, image, residual)
        return gradient.reshape(residual.shape), margins[np.newaxis]

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        (logits,) = await self._run(self._js.decode, image)
        return logits[np.newaxis]

    async def _run(
        self, network: Callable[..., Awaitable[JsProxy]], *inputs: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Shielded, so that a forward pass which is under way when its job is cancelled ends by itself."""
        if self._turn is not None:
            start = time.perf_counter()
            await self._turn.wait()
            self.waited += 1000 * (time.perf_counter() - start)
        outputs = await asyncio.shield(network(*map(_float32_array, inputs)))
        return [np.asarray(output.to_py(), np.float32) for output in outputs]


def _protected(protected: Protected) -> dict[str, object]:
    return {
        "value": protected.value,
        "hex": f"{protected.value:04x}",
        "corrected": protected.corrected,
        "margin": protected.margin,
        "certainty": protected.certainty,
    }


def _key(options: dict[str, Any]) -> Key | None:
    return Key.from_passphrase(options["key"]) if options.get("key") else None


def _float32_array(values: NDArray[np.float32]) -> JsProxy:
    array = js.Float32Array.new(values.size)
    array.assign(np.ascontiguousarray(values).reshape(-1))
    return array


def _uint8_array(data: bytes) -> JsProxy:
    array = js.Uint8Array.new(len(data))
    array.assign(data)
    return array


def _object(**fields: object) -> JsProxy:
    """A plain JavaScript object. None would become undefined: null is `jsnull`."""
    return to_js(fields, dict_converter=js.Object.fromEntries)


def _options(options: JsProxy) -> dict[str, Any]:
    """A plain JavaScript object, its nulls as None."""
    return {key: None if value is jsnull else value for key, value in options.to_py().items()}


def _error(error: HushmarkError, **more: object) -> JsProxy:
    return _object(error={"code": error.code, "message": str(error), "facts": error.facts, **more})
