"""Every error the package raises on purpose, and the sentence a person reads.

Code that meets a problem raises the type with the facts; the sentences stand only here, and in
`reading.reading`, whose AlreadyMarked holds a reading. They name no options: the command line adds its own
(`cli.errors`). `code` names the kind of error for programs (the page's messages, `--json`), `str(error)` is
the sentence, and `facts` is what another language needs to say the same.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, cast, dataclass_transform

Fact = str | int | float


@dataclass_transform(eq_default=False)
class HushmarkError(Exception):
    """Base of all errors meant for a person. `code` is stable, the sentence may change.

    Each type is a dataclass of what its sentence names. `facts`: the same as plain data; what is not known is
    left out.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str]
    """With the names of facts in braces."""

    def __init_subclass__(cls) -> None:
        dataclass(eq=False, repr=False)(cls)

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)

    def __reduce__(self) -> tuple[object, ...]:
        """For pickling, as errors come from other processes."""
        return _restored, (type(self), self.args, vars(self))

    @property
    def facts(self) -> dict[str, Fact]:
        """What the sentence names."""
        named = {field.name: getattr(self, field.name) for field in fields(cast(Any, self))}
        return {
            name: str(fact) if isinstance(fact, Path) else fact
            for name, fact in named.items()
            if fact is not None
        }


def _restored(
    kind: type[HushmarkError], given: tuple[object, ...], attributes: dict[str, object]
) -> HushmarkError:
    error = kind.__new__(kind, *given)
    vars(error).update(attributes)
    return error


class PictureError(HushmarkError):
    """The picture cannot be used."""


class PictureEmpty(PictureError):
    """The file holds no bytes."""

    code = "picture-empty"
    sentence = "{name} is empty (0 bytes). Choose another file."
    name: str


class PictureFormat(PictureError):
    """The file is in no format that is read; `found` is what it is, where that is known."""

    code = "picture-format"
    name: str
    found: str | None

    def __str__(self) -> str:
        advice = "Hushmark takes JPEG, PNG, WebP, TIFF, AVIF, HEIC, BMP and GIF: save it in one of these."
        if self.found == "RAW":
            advice = "Develop it first, in your camera's program or an image editor, and save it as JPEG."
        what = "is not a picture in a known format" if self.found is None else f"is of type {self.found}"
        return f"{self.name} {what}. {advice}"


class PictureUnsupported(PictureError):
    """The format, or its compression, needs a decoder that is missing here; `found` names it."""

    code = "picture-unsupported"
    name: str
    found: str

    def __str__(self) -> str:
        advice = "Save it as PNG or JPEG first."
        if self.found == "HEIC":
            advice = "Export it as JPEG first; an iPhone takes JPEG with its camera set to Most Compatible."
        return f"{self.name} is of type {self.found}, which cannot be read here. {advice}"


class PictureTruncated(PictureError):
    """The file ends before its picture does."""

    code = "picture-truncated"
    sentence = "{name} is cut off: the end of the file is missing. Copy or download it again."
    name: str


class PictureUnreadable(PictureError):
    """The file has the right format, but its contents are damaged."""

    code = "picture-unreadable"
    sentence = "{name} is damaged and cannot be decoded. Copy or download it again."
    name: str


class PictureAnimated(PictureError):
    """The file has several pages where one must be named, or an animation of an unsupported kind."""

    code = "picture-animated"
    name: str
    pages: bool

    def __str__(self) -> str:
        if self.pages:
            return f"{self.name} has several pages. Save one page of it."
        return (
            f"{self.name} is animated. Hushmark takes animations as GIF, WebP or PNG: save it as one of "
            "these, or save one frame of it."
        )


class PictureFrames(PictureError):
    """More than `most` frames or pages, or more than `pixels` in all of them; none was decoded."""

    code = "picture-frames"
    name: str
    frames: int
    most: int
    pixels: int
    pages: bool

    def __str__(self) -> str:
        return (
            f"{self.name} has {self.frames:,} {'pages' if self.pages else 'frames'}. Hushmark takes up to "
            f"{self.most:,}, with at most {self.pixels // 1_000_000} million pixels in all of them: make it "
            "shorter or smaller first."
        )


class PictureTooSmall(PictureError):
    """The short side is below `minimum` pixels."""

    code = "picture-too-small"
    sentence = (
        "{name} has {width}x{height} pixels. Hushmark needs at least {minimum} on the shorter side: choose a "
        "larger picture."
    )
    name: str
    width: int
    height: int
    minimum: int


class PictureTooLarge(PictureError):
    """More than `maximum` pixels by its header; it was not decoded."""

    code = "picture-too-large"
    name: str
    maximum: int

    def __str__(self) -> str:
        return (
            f"{self.name} has more than {self.maximum // 1_000_000} million pixels, the most that Hushmark "
            "takes: make it smaller first."
        )


class PictureScans(PictureError):
    """A progressive JPEG with so many scans that it would take too long to decode."""

    code = "picture-scans"
    sentence = (
        "{name} is stored in {scans} scans, which would take too long: save it anew in another program."
    )
    name: str
    scans: int


class PictureTexts(PictureError):
    """A profile or a text of a PNG has more than `maximum` bytes, or all together have four times as many."""

    code = "picture-texts"
    name: str
    maximum: int

    def __str__(self) -> str:
        return (
            f"{self.name} has a colour profile or a text of more than {self.maximum >> 20} MB, the most that "
            "Hushmark takes: remove it first."
        )


class PictureMode(PictureError):
    """Pixels of a kind that cannot be marked without loss, for instance Lab; `found` names it."""

    code = "picture-mode"
    sentence = (
        "{name} has {found} pixels. Hushmark takes grey, RGB and CMYK with 8 bits a channel, and 16 bits in "
        "PNG and TIFF: convert it first."
    )
    name: str
    found: str


class PictureTransparent(PictureError):
    """Not one pixel is visible."""

    code = "picture-transparent"
    sentence = "{name} is wholly transparent: there is nothing to mark. Choose another picture."
    name: str


class PictureMetadata(PictureError):
    """The metadata does not fit into the format, so the marked picture cannot be written."""

    code = "picture-metadata"
    sentence = "{name} carries metadata that cannot be written back. Remove it and try again."
    name: str


class PictureMemory(PictureError):
    """There is not enough memory to decode or to write it."""

    code = "picture-memory"
    sentence = "There is not enough memory for {name}. Close other programs, or make it smaller first."
    name: str


class PictureDefect(PictureError):
    """Hushmark made a mistake with it: `reason` is what Python says."""

    code = "picture-defect"
    sentence = (
        "{name} ran into a mistake of Hushmark ({reason}). Please report it, with the picture if you can."
    )
    name: str
    reason: str


class PictureCrash(PictureError):
    """The process that worked on it ended; `reason` is how."""

    code = "picture-crash"
    sentence = (
        "{name} ended the process that worked on it ({reason}). It may be damaged, or take more memory than "
        "there is: save it anew with an image editor."
    )
    name: str
    reason: str


class OutputFormat(PictureError):
    """No encoder for `file_format` is here."""

    code = "output-format"
    sentence = "{file_format} cannot be written here. Choose JPEG, PNG or WebP."
    file_format: str


class OutputSeveral(PictureError):
    """Several frames or pages, which Hushmark does not write as `file_format`."""

    code = "output-several"
    name: str
    file_format: str
    pages: bool

    def __str__(self) -> str:
        what = "pages" if self.pages else "frames"
        return f"{self.name} has several {what}, and is not saved as {self.file_format}: keep its format."


class OutputSide(PictureError):
    """A side has more than `maximum` pixels, the most that `file_format` holds."""

    code = "output-side"
    sentence = (
        "{name} is longer than {maximum:,} pixels, the most that {file_format} holds. Choose another format."
    )
    name: str
    file_format: str
    maximum: int


class OutputMetadata(PictureError):
    """A block of metadata, EXIF, XMP or a comment as `found` says, is larger than `maximum`, JPEG's most."""

    code = "output-metadata"
    sentence = (
        "{name} has more {found} than the {maximum:,} bytes that JPEG holds. Choose another format, or remove"
        " it first."
    )
    name: str
    found: str
    maximum: int


class OutputQuality(PictureError):
    """The quality to save at lies outside 1..100."""

    code = "output-quality"
    sentence = "The quality must be a whole number from 1 to 100."


class MessageError(HushmarkError):
    """The input is no message."""


class MessageEmpty(MessageError):
    """No text or no digits."""

    code = "message-empty"
    sentence = "There is nothing to hide yet. Type a few characters, or choose a random id."


class MessageTooLong(MessageError):
    """The text takes `length` bytes of UTF-8 where `maximum` fit."""

    code = "message-too-long"
    sentence = (
        "The text takes {length} bytes, and {maximum} fit. Use at most {maximum} plain characters (an "
        "accented letter counts as 2, an emoji as 4)."
    )
    length: int
    maximum: int


class MessageText(MessageError):
    """The text has characters that cannot be printed."""

    code = "message-text"
    sentence = "The text has characters that cannot be shown, such as a tab or a line break. Remove them."


class MessageHex(MessageError):
    """The id is not exactly `digits` hexadecimal digits."""

    code = "message-hex"
    sentence = "An id has exactly {digits} digits from 0-9 and a-f, for instance {example}."
    digits: int
    example: str = "0123456789abcdef"


class MessageNumber(MessageError):
    """The number is not written as one."""

    code = "message-number"
    sentence = "A number has the digits 0-9 only, or hex digits after 0x. Leave out the rest."


class MessageRange(MessageError):
    """The number is larger than `maximum`."""

    code = "message-range"
    sentence = "The number is too large. Choose one from 0 to {maximum}."
    maximum: int


class MessageKind(MessageError):
    """There is no such kind of message."""

    code = "message-kind"
    sentence = "{kind} is no kind of message. Choose text, id, number or random."
    kind: str


class PassphraseEmpty(MessageError):
    """A key from no characters."""

    code = "passphrase-empty"
    sentence = "The passphrase is empty. Type one, or mark and read without a key."


class KnownError(HushmarkError):
    """The list of known ids cannot be used."""


class KnownLine(KnownError):
    """Line `number` (from 1) of the list is no message; the facts include those of `problem`."""

    code = "known-line"
    number: int
    problem: MessageError

    def __str__(self) -> str:
        return f"Line {self.number} of the list of known ids cannot be used. {self.problem}"

    @property
    def facts(self) -> dict[str, Fact]:
        """With those of the problem."""
        return {"number": self.number, "problem": self.problem.code, **self.problem.facts}


class KnownEmpty(KnownError):
    """The list has no line with a message."""

    code = "known-empty"
    sentence = "The list of known ids is empty. Write one message a line, with a label after a comma."


class StrengthError(HushmarkError):
    """The strength lies outside what is allowed."""

    code = "strength"
    sentence = "The strength must lie between {minimum:g} and {maximum:g}."
    minimum: float
    maximum: float


class MarkUnreadable(HushmarkError):
    """The marked picture, saved and opened again, does not read as its message."""

    code = "mark-unreadable"
    sentence = (
        "{name} was not written, because its mark does not read back. Mark it stronger, or save it at a "
        "higher quality."
    )
    name: str


class CredentialsError(HushmarkError):
    """A manifest, or what signs it, cannot be used."""


class CertificateDamaged(CredentialsError):
    """The file holds no certificate that can be read."""

    code = "certificate-damaged"
    sentence = (
        "{name} holds no certificate that can be read. Give a PEM file with your certificate first, and those"
        " of its issuers behind it."
    )
    name: str


class CertificateKey(CredentialsError):
    """The key of a certificate, or a private key, is not one for ES256."""

    code = "certificate-key"
    sentence = (
        "{name} cannot sign pictures: its key is of another kind than ES256 needs (the curve P-256). Get "
        "another certificate."
    )
    name: str


class CertificatePurpose(CredentialsError):
    """The certificate is not meant for signing claims."""

    code = "certificate-purpose"
    sentence = (
        "{name} cannot sign pictures: it is not made for signatures, mail or documents, or it is an "
        "authority's own. Get another certificate."
    )
    name: str


class CertificateExpired(CredentialsError):
    """The certificate was valid until `date` (ISO 8601)."""

    code = "certificate-expired"
    sentence = "The certificate in {name} expired on {date}. Get a new one."
    name: str
    date: str


class CertificateEarly(CredentialsError):
    """The certificate is valid from `date` (ISO 8601) on."""

    code = "certificate-early"
    sentence = (
        "The certificate in {name} is not valid before {date}. Wait, or set this machine's clock right."
    )
    name: str
    date: str


class SigningKeyDamaged(CredentialsError):
    """The file holds no private key that can be read."""

    code = "signing-key-damaged"
    sentence = "{name} holds no private key that can be read. Give a PEM file without a passphrase."
    name: str


class SigningKeyOther(CredentialsError):
    """The private key is not that of the first certificate of the chain."""

    code = "signing-key-other"
    sentence = (
        "The key in {name} does not fit the first certificate in {chain}. Give the two that were made "
        "together."
    )
    name: str
    chain: str


class SigningMissing(CredentialsError):
    """Signing, and checking signatures, needs the library cryptography, which is not installed."""

    code = "signing-missing"
    sentence = (
        "Signing, and checking signatures, needs packages that are not installed: pip install "
        "'hushmark[credentials]'."
    )


class SigningStopped(CredentialsError):
    """The holder of the private key did not sign: `reason` says why."""

    code = "signing-stopped"
    sentence = (
        "{name} was not signed, because the key could not be used ({reason}). Choose the certificate and its "
        "key again."
    )
    name: str
    reason: str


class SigningFailed(CredentialsError):
    """The manifest that was written does not hold: a signature of another key, or a mistake of Hushmark."""

    code = "signing-failed"
    sentence = "{name} was not signed, because its new manifest does not hold. Try another certificate."
    name: str


class SigningFormat(CredentialsError):
    """Animated GIFs are not signed."""

    code = "signing-format"
    sentence = (
        "{name} is an animated GIF, which Hushmark marks but does not sign. Mark it without signing, or save "
        "it as an animated PNG or WebP first."
    )
    name: str


class ManifestMissing(CredentialsError):
    """The picture has no manifest that can be published."""

    code = "manifest-missing"
    sentence = "{name} has no manifest that names a mark of Hushmark. Mark and sign it first."
    name: str


class ManifestWrong(CredentialsError):
    """The manifest of the picture does not hold: `reason` says why, in English."""

    code = "manifest-wrong"
    sentence = "The manifest of {name} does not hold, so it is not published ({reason}). Sign it anew."
    name: str
    reason: str


class ManifestsUnreachable(CredentialsError):
    """A folder or an address of manifests cannot be read."""

    code = "manifests-unreachable"
    sentence = "The manifests at {name} cannot be read ({reason})."
    name: str
    reason: str


class ModelError(HushmarkError):
    """The weights, or what they computed, cannot be used."""


class ModelMissing(ModelError):
    """No weights at `path`."""

    code = "model-missing"
    sentence = "There are no weights at {path}. Set HUSHMARK_WEIGHTS to the folder that holds them."
    path: Path


class ModelDamaged(ModelError):
    """The file at `path` is no weights file of ours."""

    code = "model-damaged"
    sentence = "The weights at {path} are damaged. Fetch them again."
    path: Path


class ModelOutput(ModelError):
    """The forward pass gave no usable numbers (empty, not finite, wrong shape)."""

    code = "model-output"
    sentence = "The network gave no usable answer. Try again, or use another execution provider."


class RuntimeMissing(HushmarkError):
    """The native forward pass needs onnxruntime, which is not installed."""

    code = "runtime-missing"
    sentence = "The networks need onnxruntime, which is not installed: pip install onnxruntime."


class OutputExists(HushmarkError):
    """The output file is there already."""

    code = "output-exists"
    sentence = "{path} exists already. Choose another name."
    path: Path | str


class OutputTwice(HushmarkError):
    """Two inputs would be written to the same file."""

    code = "output-twice"
    sentence = "{path} would be written twice. Mark pictures of the same name into different folders."
    path: Path | str


class FolderEmpty(HushmarkError):
    """A folder holds no picture."""

    code = "folder-empty"
    sentence = "There is no picture in {path}."
    path: Path


class NothingFound(HushmarkError):
    """No picture is at the place that was given."""

    code = "nothing-found"
    sentence = (
        "There is no picture at {name}. Give folders that end with a slash, patterns such as "
        "s3://bucket/**/*.jpg, or a table with a column file."
    )
    name: str


class MessageMissing(HushmarkError):
    """The table of messages, `table`, has none for a picture."""

    code = "message-missing"
    sentence = "{name} has no message in {table}. Add a row with its location and its message."
    name: str
    table: str


class RunExists(HushmarkError):
    """The manifest of a run is there already."""

    code = "run-exists"
    sentence = "{name} has a run already. Choose another manifest."
    name: str


class RunOther(HushmarkError):
    """The manifest belongs to another run: `found` is what that run does."""

    code = "run-other"
    sentence = "{name} is the manifest of another run ({found}). Choose another one."
    name: str
    found: str


class EngineMissing(HushmarkError):
    """The engine for many pictures is not installed: `name` is the extra that brings it."""

    code = "engine-missing"
    sentence = "Many pictures need packages that are not installed: pip install 'hushmark[{name}]'."
    name: str


class EngineFailed(HushmarkError):
    """Daft or Ray, as `name` says, could not go on: `reason` is what it says."""

    code = "engine-failed"
    sentence = "{name} ended before all pictures were done ({reason}). The manifest keeps what was done."
    name: str
    reason: str


class FileKind(HushmarkError):
    """The path names a pipe, a socket or a device, from which nothing is read: it could wait for ever."""

    code = "file-kind"
    sentence = "{name} is a pipe, a socket or a device. Hushmark opens files: name one."
    name: str


class FileTooLarge(HushmarkError):
    """The file has more than `maximum` bytes; it was not decoded, nor read where its size was known."""

    code = "file-too-large"
    name: str
    maximum: int

    def __str__(self) -> str:
        return (
            f"{self.name} is larger than {self.maximum // 1_000_000} million bytes, the most that Hushmark "
            "reads: save the picture smaller, or in a format that packs it."
        )


class FileProblem(HushmarkError):
    """The operating system would not read or write the file."""

    code = "file"
    sentence = "{name}: {reason}."
    name: str
    reason: str


def picture_error(error: Exception, name: str) -> HushmarkError:
    """An exception from work on the picture `name`, as an error for people."""
    if isinstance(error, HushmarkError):
        return error
    if isinstance(error, MemoryError):
        return PictureMemory(name)
    return PictureDefect(name, f"{type(error).__name__}: {error}")
