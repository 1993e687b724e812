"""The package's part in the page, in Pyodide in a worker: jobs, their turns, and data to and from JavaScript.

Big arrays pass as whole buffers: `assign` and `to_py` copy a typed array at once, where iterating over a
proxy would copy it element by element.
"""

import asyncio
import importlib
import io
import json
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import js
import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image
from pyodide.ffi import JsException, JsProxy, jsnull, to_js

from ..card import read_card
from ..embedding import LONG_PHASE
from ..errors import HushmarkError, OutputFormat, PictureUnsupported, picture_error
from ..picture import container
from ..picture.container import InputFormat
from ..progress import Progress
from ..tasks import File, Tasks, failure, plain
from . import heif
from .heif import JsHeifDecoder

_CURVES = {
    "P-256": bytes.fromhex("06082a8648ce3d030107"),
    "P-384": bytes.fromhex("06052b81040022"),
    "P-521": bytes.fromhex("06052b81040023"),
}
"""Their object identifiers (DER)."""

_NOT_LOADED = ("load-failed", "load-damaged")
"""Codes of EngineError in app/engine/errors.js: a network that is loaded on demand could not be loaded."""
_PARTS: tuple[InputFormat, ...] = ("AVIF", "HEIC")
"""The formats whose codecs are loaded on demand."""

HANG_SECONDS = 10.0
"""How long a forward pass may still run after its job was cancelled. The slowest on a phone takes seconds."""


class JsForward(Protocol):
    """The worker's sessions: flat Float32Arrays in, not to be used afterwards; a promise of outputs out."""

    def encode(self, bits: JsProxy, image: JsProxy) -> Awaitable[JsProxy]:
        """Bits [n] and image [3*S*S] -> [residual [3*S*S]]."""
        ...

    def refine(self, bits: JsProxy, image: JsProxy, residual: JsProxy) -> Awaitable[JsProxy]:
        """Bits [n], image [3*S*S], residual [3*S/2*S/2] -> [gradient like the residual, margins [n]]."""
        ...

    def decode(self, image: JsProxy) -> Awaitable[JsProxy]:
        """Image [3*S*S] -> [logits [n]]."""
        ...

    def locate(self, image: JsProxy) -> Awaitable[JsProxy]:
        """Image [3*S*S] -> [place [10]]."""
        ...


class Codecs(Protocol):
    """Opens pictures that Pillow alone cannot open, see app/engine/codecs.js."""

    def load(self, name: str) -> Awaitable[bool]:
        """Load a part of Pillow -> whether it is there."""
        ...

    def heif(self) -> Awaitable[JsHeifDecoder]:
        """Load libheif -> its decoder, null where it cannot be loaded."""
        ...

    def decode(self, file: JsProxy, type: str) -> Awaitable[JsProxy]:
        """The browser's {width, height, data}, RGBA; null where it cannot open it."""
        ...


class Engine:
    """The jobs of a worker, and their turns.

    One job at a time has its turn: those in front before those in the background, else in order of arrival.
    While the networks run for it, the next one in the background may open its picture, and then waits.

    `send` is called with a message to the page (FromWorker in app/engine/protocol.js), and its buffers.
    """

    def __init__(
        self,
        js_forward: JsForward,
        card_path: str,
        send: Callable[[JsProxy, JsProxy], None],
        codecs: Codecs | None = None,
    ) -> None:
        self._js = js_forward
        self._card = read_card(Path(card_path))
        self._send = send
        self.codecs = codecs
        self._jobs: dict[int, _Job] = {}
        self._at_work: _Job | None = None
        self._watches: set[asyncio.Task[None]] = set()
        self._asked: dict[int, asyncio.Future[JsProxy]] = {}
        self._asks = 0

    def perform(self, number: int, job: str, data: JsProxy | None) -> None:
        """Accept a job.

        `job`: JSON of {task, name, options, in_background}, see Job in protocol.js; `data`: Uint8Array of the
        picture's file, or null.
        """
        self._jobs[number] = _Job(self, number, json.loads(job), data)
        self._schedule()

    def cancel(self, number: int) -> None:
        """Cancel a job that has not ended, at its next await."""
        if number in self._jobs:
            self._jobs[number].cancel()

    async def ask(self, job: int, helper: str, argument: bytes | str) -> bytes | None:
        """Call a helper of the page for a job -> its answer. Raises OSError where it fails.

        `helper`, `argument`: see Helpers in protocol.js.
        """
        self._asks += 1
        call = self._asks
        self._asked[call] = answer = asyncio.get_running_loop().create_future()
        self.tell("ask", job, call=call, helper=helper, argument=argument)
        try:
            data = await answer
        finally:
            del self._asked[call]
        return None if data is None or data is jsnull else data.to_bytes()

    def answer(self, call: int, data: JsProxy | None, error: str | None) -> None:
        """Take the page's answer to a call. `error`: why the helper failed."""
        asked = self._asked.get(call)
        if asked is None or asked.done():
            return  # its job was cancelled
        if isinstance(error, str):
            asked.set_exception(OSError(error))
        else:
            asked.set_result(data)

    def tell(self, kind: str, number: int | None, **facts: object) -> None:
        """Send a message; bytes in it become buffers that are transferred."""
        buffers: list[JsProxy] = []
        message = _to_js({"type": kind, "id": number, **facts}, buffers)
        self._send(to_js(message, dict_converter=js.Object.fromEntries), to_js(buffers))

    def tell_stopped(self, number: int | None, detail: str) -> None:
        """Tell the page that this worker cannot go on, and which job stopped it, if one did."""
        self.tell("stopped", number, error={"code": "engine-stopped", "detail": detail})

    def tasks(self, job: "_Job") -> Tasks:
        """The tasks for a job."""

        async def sign(data: bytes) -> bytes:
            return await self.ask(job.number, "sign", data) or b""

        async def fetch(path: str) -> bytes | None:
            return await self.ask(job.number, "fetch", path)

        return Tasks(_Forward(self._js, job), self._card, job.progress, job.partial, _verify, sign, fetch)

    def plain(self, answer: object) -> Any:
        """An answer as plain data."""
        return plain(answer)

    def progressed(self, job: "_Job") -> None:
        """A job has come into another phase."""
        if job is self._at_work:
            self._schedule()

    def ended(self, job: "_Job") -> None:
        """A job has ended: the next one has its turn."""
        del self._jobs[job.number]
        if job is self._at_work:
            self._at_work = None
        self._schedule()

    def watch(self, forward_pass: "asyncio.Future[JsProxy]") -> None:
        """Wait for the forward pass of a cancelled job; no other job gets the networks before it ends."""
        watch = asyncio.ensure_future(self._watch(forward_pass))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    async def _watch(self, forward_pass: "asyncio.Future[JsProxy]") -> None:
        _, hanging = await asyncio.wait({forward_pass}, timeout=HANG_SECONDS)
        if hanging:
            self.tell_stopped(None, "the networks do not answer")

    def _schedule(self) -> None:
        if self._at_work is None and self._jobs:
            self._at_work = min(self._jobs.values(), key=lambda job: job.in_background)
            self.tell("turn", self._at_work.number)
            self._at_work.proceed()
        if self._at_work is not None and self._at_work.phase == LONG_PHASE:
            for job in self._jobs.values():
                if job.in_background and job is not self._at_work:
                    job.begin()
                    break


class _Job:
    """A running task, from its message to its answer."""

    def __init__(self, engine: Engine, number: int, job: dict[str, Any], data: JsProxy | None) -> None:
        self.number = number
        self.in_background: bool = job["in_background"]
        self.phase = ""
        self._engine = engine
        self._waited: dict[str, float] = {}
        self._may_begin, self._turn = asyncio.Event(), asyncio.Event()
        self._run = asyncio.ensure_future(self._answer(job, data))
        # Not in the coroutine itself: a job that is cancelled before it starts never runs it.
        self._run.add_done_callback(self._ended)

    def begin(self) -> None:
        """Let it run up to its first forward pass."""
        self._may_begin.set()

    def proceed(self) -> None:
        """Let it run to its end."""
        self.begin()
        self._turn.set()

    def cancel(self) -> None:
        self._run.cancel()

    async def turn(self) -> None:
        """Wait until it may use the networks."""
        start = time.perf_counter()
        await self._turn.wait()
        waited = 1000 * (time.perf_counter() - start)
        self._waited[self.phase] = self._waited.get(self.phase, 0) + waited

    def watch(self, forward_pass: "asyncio.Future[JsProxy]") -> None:
        """Note the forward pass that was under way when the job was cancelled."""
        self._engine.watch(forward_pass)

    def progress(self, progress: Progress) -> None:
        """See `Tasks`."""
        self._engine.tell("progress", self.number, progress=self._engine.plain(progress))
        if progress.phase != self.phase:
            self.phase = progress.phase
            self._engine.progressed(self)

    def partial(self, answer: object) -> None:
        """See `Tasks`."""
        self._engine.tell("partial", self.number, result=self._engine.plain(answer))

    async def _answer(self, job: dict[str, Any], data: JsProxy | None) -> None:
        engine = self._engine
        picture: File | None = None
        try:
            await self._may_begin.wait()
            if data is not None and data is not jsnull:
                picture = File(data.to_bytes(), job["name"])
            del data
            answer = engine.plain(await self._done(job["task"], picture, job["options"]))
            if "phases" in answer:
                # The wait for its turn does not count as this picture's time.
                phases = answer["phases"].items()
                answer["phases"] = {phase: time - self._waited.get(phase, 0) for phase, time in phases}
            engine.tell("result", self.number, result=answer)
        except HushmarkError as error:
            engine.tell("error", self.number, error=failure(error))
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Python's exceptions over a picture fail that picture only. After others, as where the networks
            # fail, the state of the engine is unknown.
            if isinstance(error, JsException) and getattr(error, "code", None) in _NOT_LOADED:
                engine.tell("error", self.number, error={"code": error.code, "detail": error.detail})
            elif picture and isinstance(error, Exception) and not isinstance(error, JsException):
                engine.tell("error", self.number, error=failure(picture_error(error, picture.name)))
            else:
                engine.tell_stopped(self.number, traceback.format_exception_only(error)[-1].strip())

    async def _done(self, task: str, picture: File | None, options: dict[str, Any]) -> object:
        """The answer of the task, with the decoder that opens its picture."""
        tasks, codecs = self._engine.tasks(self), self._engine.codecs
        missing: set[InputFormat] = set()
        while True:
            try:
                return await tasks.run(task, picture, options)
            except (PictureUnsupported, OutputFormat) as error:
                if codecs is None or picture is None:
                    raise
                wanted = next((part for part in _PARTS if part in error.facts.values()), None)
                if wanted and wanted not in missing:
                    missing.add(wanted)
                    if await _loaded(codecs, wanted):
                        continue
                bare = None if isinstance(error, OutputFormat) else await _by_browser(codecs, picture)
                if bare is None:
                    raise
            image, picture = bare
            if task == "embed" and options.get("output_format") is None:
                # Its own format cannot be written.
                options = {**options, "output_format": "PNG" if image.mode == "RGBA" else "JPEG"}

    def _ended(self, run: "asyncio.Future[None]") -> None:
        if run.cancelled():
            self._engine.tell("error", self.number, error={"code": "cancelled"})
        self._engine.ended(self)


async def _loaded(codecs: Codecs, part: InputFormat) -> bool:
    """Load the codec of a format -> whether it is there."""
    if part == "HEIC":
        decoder = await codecs.heif()
        if decoder is None or decoder is jsnull:
            return False
        heif.register(decoder)
        return True
    if not await codecs.load("avif"):
        return False
    # On its first import, its module was missing.
    importlib.reload(AvifImagePlugin)
    return True


async def _by_browser(codecs: Codecs, picture: File) -> tuple[Image.Image, File] | None:
    """The picture as the browser decodes it, and as a file; None where it cannot."""
    source = container.detect(picture.data)
    assert source is not None  # its decoder was found missing
    array = js.Uint8Array.new(len(picture.data))
    array.assign(picture.data)
    pixels = await codecs.decode(array, container.MIME_TYPES[source])
    if pixels is None or pixels is jsnull:
        return None
    image = Image.frombytes("RGBA", (pixels.width, pixels.height), pixels.data.to_bytes())
    if image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", compression="raw")
    return image, File(buffer.getvalue(), picture.name, is_bare=True)


async def _verify(algorithm: str, key: bytes, signature: bytes, data: bytes) -> bool | None:
    """See `cose.Verify`: by WebCrypto."""
    digest = f"SHA-{algorithm[2:]}"
    imported: dict[str, object]
    used: dict[str, object]
    if algorithm == "EdDSA":
        imported = used = {"name": "Ed25519"}
    elif algorithm.startswith("PS"):
        imported = {"name": "RSA-PSS", "hash": digest}
        used = {"name": "RSA-PSS", "saltLength": int(algorithm[2:]) // 8}
    elif algorithm.startswith("ES"):
        # The key names its curve, but WebCrypto needs it as an argument.
        curve = next((name for name, oid in _CURVES.items() if oid in key), None)
        imported, used = {"name": "ECDSA", "namedCurve": curve}, {"name": "ECDSA", "hash": digest}
    else:
        return None
    subtle = js.crypto.subtle
    try:
        public = await subtle.importKey("spki", _bytes(key), _object(imported), False, to_js(["verify"]))
        return bool(await subtle.verify(_object(used), public, _bytes(signature), _bytes(data)))
    except JsException:  # a key or an algorithm that this browser does not take
        return None


def _object(value: dict[str, object]) -> JsProxy:
    return to_js(value, dict_converter=js.Object.fromEntries)


def _bytes(data: bytes) -> JsProxy:
    array = js.Uint8Array.new(len(data))
    array.assign(data)
    return array


class _Forward:
    """`Forward` around the worker's sessions, for one job."""

    def __init__(self, js_forward: JsForward, job: _Job) -> None:
        self._js = js_forward
        self._job = job

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

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        (place,) = await self._run(self._js.locate, image)
        return place[np.newaxis]

    async def _run(
        self, network: Callable[..., Awaitable[JsProxy]], *inputs: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Shielded, so that a forward pass which is under way when its job is cancelled ends by itself."""
        await self._job.turn()
        forward_pass = asyncio.ensure_future(network(*map(_float32_array, inputs)))
        try:
            outputs = await asyncio.shield(forward_pass)
        except asyncio.CancelledError:
            self._job.watch(forward_pass)
            raise
        return [np.asarray(output.to_py(), np.float32) for output in outputs]


def _float32_array(values: NDArray[np.float32]) -> JsProxy:
    array = js.Float32Array.new(values.size)
    array.assign(np.ascontiguousarray(values).reshape(-1))
    return array


def _to_js(value: Any, buffers: list[JsProxy]) -> Any:
    """Plain data for `to_js`: None would become undefined, and bytes a proxy. Adds to `buffers`."""
    if value is None:
        return jsnull
    if isinstance(value, bytes):
        array = _bytes(value)
        buffers.append(array.buffer)
        return array
    if isinstance(value, dict):
        return {name: _to_js(each, buffers) for name, each in value.items()}
    return [_to_js(each, buffers) for each in value] if isinstance(value, list) else value
