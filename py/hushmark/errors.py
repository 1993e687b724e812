"""Every error the package raises on purpose, and the sentence a person reads.

Code that meets a problem raises the type with the facts; the sentences stand only here, and in
`reading.reading`, whose AlreadyMarked holds a reading. They name no options: the command line adds its own
(`cli.errors`). `code` names the kind of error for programs (the page's messages, `--json`), `str(error)` is
the sentence, and `facts` is what another language needs to say the same.
"""

from pathlib import Path


class HushmarkError(Exception):
    """Base of all errors meant for a person. `code` is stable, the sentence may change.

    `facts`: what the sentence names, as plain data; what is not known is left out.
    """

    code = "error"
    facts: dict[str, str | int | float]

    def __init__(self, sentence: str, **facts: str | int | float | None) -> None:
        super().__init__(sentence)
        self.facts = {name: fact for name, fact in facts.items() if fact is not None}

    def __reduce__(self) -> tuple[object, ...]:
        """For pickling: errors come from other processes, and a sentence is not what they are made of."""
        return _restored, (type(self), str(self), self.__dict__)


def _restored(kind: type[HushmarkError], sentence: str, attributes: dict[str, object]) -> HushmarkError:
    error = kind.__new__(kind, sentence)
    error.__dict__.update(attributes)
    return error


class PictureError(HushmarkError):
    """The picture cannot be used."""


class PictureEmpty(PictureError):
    """The file holds no bytes."""

    code = "picture-empty"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is empty (0 bytes). Choose another file.", name=name)


class PictureFormat(PictureError):
    """The file is in no format that is read; `found` is what it is, where that is known."""

    code = "picture-format"

    def __init__(self, name: str, found: str | None) -> None:
        if found == "RAW":
            advice = "Develop it first, in your camera's program or an image editor, and save it as JPEG."
        else:
            advice = "Hushmark takes JPEG, PNG, WebP, TIFF, AVIF, HEIC, BMP and GIF: save it in one of these."
        what = "is not a picture in a known format" if found is None else f"is of type {found}"
        super().__init__(f"{name} {what}. {advice}", name=name, found=found)


class PictureUnsupported(PictureError):
    """The format, or its way of packing pixels, takes a decoder that is missing here; `found` names it."""

    code = "picture-unsupported"

    def __init__(self, name: str, found: str) -> None:
        advice = "Save it as PNG or JPEG first."
        if found == "HEIC":
            advice = "Export it as JPEG first; an iPhone takes JPEG with its camera set to Most Compatible."
        super().__init__(
            f"{name} is of type {found}, which cannot be read here. {advice}",
            name=name,
            found=found,
        )


class PictureTruncated(PictureError):
    """The file ends before its picture does."""

    code = "picture-truncated"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is cut off: the end of the file is missing. Copy or download it again.", name=name
        )


class PictureUnreadable(PictureError):
    """The file has the right format, but its contents are damaged."""

    code = "picture-unreadable"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is damaged and cannot be decoded. Copy or download it again.", name=name)


class PictureAnimated(PictureError):
    """The file holds several pages where one was to be named, or an animation of a kind that is not taken."""

    code = "picture-animated"

    def __init__(self, name: str, *, pages: bool = False) -> None:
        if pages:
            sentence = f"{name} has several pages. Save one page of it."
        else:
            sentence = (
                f"{name} is animated. Hushmark takes animations as GIF, WebP or PNG: save it as one of "
                "these, or save one frame of it."
            )
        super().__init__(sentence, name=name, pages=pages)


class PictureFrames(PictureError):
    """More than `most` frames or pages, or more than `pixels` in all of them; none was decoded."""

    code = "picture-frames"

    def __init__(self, name: str, frames: int, most: int, pixels: int, *, pages: bool = False) -> None:
        what = "pages" if pages else "frames"
        super().__init__(
            f"{name} has {frames:,} {what}. Hushmark takes up to {most:,}, with at most "
            f"{pixels // 1_000_000} million pixels in all of them: make it shorter or smaller first.",
            name=name,
            frames=frames,
            most=most,
            pixels=pixels,
            pages=pages,
        )


class PictureTooSmall(PictureError):
    """The short side is below `minimum` pixels."""

    code = "picture-too-small"

    def __init__(self, name: str, size: tuple[int, int], minimum: int) -> None:
        width, height = size
        super().__init__(
            f"{name} has {width}x{height} pixels. Hushmark needs at least {minimum} on the shorter side: "
            "choose a larger picture.",
            name=name,
            width=width,
            height=height,
            minimum=minimum,
        )


class PictureTooLarge(PictureError):
    """More than `maximum` pixels by its header; it was not decoded."""

    code = "picture-too-large"

    def __init__(self, name: str, maximum: int) -> None:
        super().__init__(
            f"{name} has more than {maximum // 1_000_000} million pixels, the most that Hushmark takes: "
            "make it smaller first.",
            name=name,
            maximum=maximum,
        )


class PictureScans(PictureError):
    """A progressive JPEG that goes over its pixels so often, `scans` times, that it would take too long."""

    code = "picture-scans"

    def __init__(self, name: str, scans: int) -> None:
        super().__init__(
            f"{name} is stored in {scans} scans, which would take too long: save it anew in another program.",
            name=name,
            scans=scans,
        )


class PictureTexts(PictureError):
    """A profile or a text of a PNG has more than `maximum` bytes, or all of them four times so many."""

    code = "picture-texts"

    def __init__(self, name: str, maximum: int) -> None:
        super().__init__(
            f"{name} has a colour profile or a text of more than {maximum >> 20} MB, the most that Hushmark "
            "takes: remove it first.",
            name=name,
            maximum=maximum,
        )


class PictureMode(PictureError):
    """Pixels of a kind that cannot be marked without loss, for instance Lab; `found` names it."""

    code = "picture-mode"

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"{name} has {found} pixels. Hushmark takes grey, RGB and CMYK with 8 bits a channel, "
            "and 16 bits in PNG and TIFF: convert it first.",
            name=name,
            found=found,
        )


class PictureTransparent(PictureError):
    """Not one pixel is visible."""

    code = "picture-transparent"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is wholly transparent: there is nothing to mark. Choose another picture.", name=name
        )


class PictureMetadata(PictureError):
    """The metadata does not fit into the format, so the marked picture cannot be written."""

    code = "picture-metadata"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} carries metadata that cannot be written back. Remove it and try again.", name=name
        )


class PictureMemory(PictureError):
    """There is not enough memory to decode or to write it."""

    code = "picture-memory"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is not enough memory for {name}. Close other programs, or make it smaller first.",
            name=name,
        )


class PictureDefect(PictureError):
    """Hushmark made a mistake with it: `reason` is what Python says."""

    code = "picture-defect"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} brought a mistake of Hushmark to light ({reason}). Please report it, with the picture "
            "if you can.",
            name=name,
            reason=reason,
        )


class PictureCrash(PictureError):
    """The process that worked on it ended; `reason` is how."""

    code = "picture-crash"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} ended the process that worked on it ({reason}). It may be damaged, or take more memory "
            "than there is: save it anew with an image editor.",
            name=name,
            reason=reason,
        )


class OutputFormat(PictureError):
    """No encoder for `file_format` is here."""

    code = "output-format"

    def __init__(self, file_format: str) -> None:
        super().__init__(
            f"{file_format} cannot be written here. Choose JPEG, PNG or WebP.", file_format=file_format
        )


class OutputSeveral(PictureError):
    """Several frames or pages, which `file_format` is not given to hold."""

    code = "output-several"

    def __init__(self, name: str, file_format: str, *, pages: bool) -> None:
        what = "several pages" if pages else "several frames"
        super().__init__(
            f"{name} has {what}, and is not saved as {file_format}: keep its format.",
            name=name,
            file_format=file_format,
            pages=pages,
        )


class OutputSide(PictureError):
    """A side has more than `maximum` pixels, the most that `file_format` holds."""

    code = "output-side"

    def __init__(self, name: str, file_format: str, maximum: int) -> None:
        super().__init__(
            f"{name} is longer than {maximum:,} pixels, the most that {file_format} holds. Choose another "
            "format.",
            name=name,
            file_format=file_format,
            maximum=maximum,
        )


class OutputMetadata(PictureError):
    """A block of metadata, EXIF, XMP or a comment as `found` says, is larger than `maximum`, JPEG's most."""

    code = "output-metadata"

    def __init__(self, name: str, found: str, maximum: int) -> None:
        super().__init__(
            f"{name} has more {found} than the {maximum:,} bytes that JPEG holds. Choose another format, or "
            "remove it first.",
            name=name,
            found=found,
            maximum=maximum,
        )


class OutputQuality(PictureError):
    """The quality to save at lies outside 1..100."""

    code = "output-quality"

    def __init__(self) -> None:
        super().__init__("The quality must be a whole number from 1 to 100.")


class MessageError(HushmarkError):
    """What was given is no message."""


class MessageEmpty(MessageError):
    """No text or no digits."""

    code = "message-empty"

    def __init__(self) -> None:
        super().__init__("There is nothing to hide yet. Type a few characters, or choose a random id.")


class MessageTooLong(MessageError):
    """The text takes `length` bytes of UTF-8 where `maximum` fit."""

    code = "message-too-long"

    def __init__(self, length: int, maximum: int) -> None:
        super().__init__(
            f"The text takes {length} bytes, and {maximum} fit. Use at most {maximum} plain characters "
            "(an accented letter counts as 2, an emoji as 4).",
            length=length,
            maximum=maximum,
        )


class MessageText(MessageError):
    """The text has characters that cannot be printed."""

    code = "message-text"

    def __init__(self) -> None:
        super().__init__(
            "The text has characters that cannot be shown, such as a tab or a line break. Remove them."
        )


class MessageHex(MessageError):
    """The id is not exactly `digits` hexadecimal digits."""

    code = "message-hex"

    def __init__(self, digits: int) -> None:
        example = ("0123456789abcdef" * digits)[:digits]
        super().__init__(
            f"An id has exactly {digits} digits from 0-9 and a-f, for instance {example}.",
            digits=digits,
            example=example,
        )


class MessageNumber(MessageError):
    """The number is not written as one."""

    code = "message-number"

    def __init__(self) -> None:
        super().__init__("A number has the digits 0-9 only, or hex digits after 0x. Leave the rest away.")


class MessageRange(MessageError):
    """The number is larger than `maximum`."""

    code = "message-range"

    def __init__(self, maximum: int) -> None:
        super().__init__(f"The number is too large. Choose one from 0 to {maximum}.", maximum=maximum)


class MessageKind(MessageError):
    """There is no such kind of message."""

    code = "message-kind"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is no kind of message. Choose text, id, number or random.", kind=kind)


class PassphraseEmpty(MessageError):
    """A key from no characters."""

    code = "passphrase-empty"

    def __init__(self) -> None:
        super().__init__("The passphrase is empty. Type one, or mark and read without a key.")


class KnownError(HushmarkError):
    """The list of known ids cannot be used."""


class KnownLine(KnownError):
    """Line `number` (from 1) of the list is no message: `problem`, whose code and facts are among its own."""

    code = "known-line"

    def __init__(self, number: int, problem: MessageError) -> None:
        super().__init__(
            f"Line {number} of the list of known ids cannot be used. {problem}",
            number=number,
            problem=problem.code,
            **problem.facts,
        )


class KnownEmpty(KnownError):
    """The list has no line with a message."""

    code = "known-empty"

    def __init__(self) -> None:
        super().__init__(
            "The list of known ids is empty. Write one message a line, with a label after a comma."
        )


class StrengthError(HushmarkError):
    """The strength lies outside what is allowed."""

    code = "strength"

    def __init__(self, minimum: float, maximum: float) -> None:
        super().__init__(
            f"The strength must lie between {minimum:g} and {maximum:g}.", minimum=minimum, maximum=maximum
        )


class MarkUnreadable(HushmarkError):
    """The marked picture, saved and opened again, does not read as its message."""

    code = "mark-unreadable"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was not written, because its mark does not read back. Mark it stronger, or save it at a "
            "higher quality.",
            name=name,
        )


class CredentialsError(HushmarkError):
    """A manifest, or what signs it, cannot be used."""


class CertificateDamaged(CredentialsError):
    """The file holds no certificate that can be read."""

    code = "certificate-damaged"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} holds no certificate that can be read. Give a PEM file with your certificate first, and "
            "those of its issuers behind it.",
            name=name,
        )


class CertificateKey(CredentialsError):
    """The key of a certificate, or a private key, is not one for ES256."""

    code = "certificate-key"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot sign pictures: its key is of another kind than ES256 needs (the curve P-256). "
            "Get another certificate.",
            name=name,
        )


class CertificatePurpose(CredentialsError):
    """The certificate is not made for signing claims."""

    code = "certificate-purpose"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot sign pictures: it is not made for signatures, mail or documents, or it is an "
            "authority's own. Get another certificate.",
            name=name,
        )


class CertificateExpired(CredentialsError):
    """The certificate was valid until `date` (ISO 8601)."""

    code = "certificate-expired"

    def __init__(self, name: str, date: str) -> None:
        super().__init__(f"The certificate in {name} expired on {date}. Get a new one.", name=name, date=date)


class CertificateEarly(CredentialsError):
    """The certificate is valid from `date` (ISO 8601) on."""

    code = "certificate-early"

    def __init__(self, name: str, date: str) -> None:
        super().__init__(
            f"The certificate in {name} is not valid before {date}. Wait, or set this machine's clock right.",
            name=name,
            date=date,
        )


class SigningKeyDamaged(CredentialsError):
    """The file holds no private key that can be read."""

    code = "signing-key-damaged"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} holds no private key that can be read. Give a PEM file without a passphrase.", name=name
        )


class SigningKeyOther(CredentialsError):
    """The private key is not that of the first certificate of the chain."""

    code = "signing-key-other"

    def __init__(self, name: str, chain: str) -> None:
        super().__init__(
            f"The key in {name} does not fit the first certificate in {chain}. Give the two that were made "
            "together.",
            name=name,
            chain=chain,
        )


class SigningMissing(CredentialsError):
    """Signing, and checking signatures, needs the library cryptography, which is not installed."""

    code = "signing-missing"

    def __init__(self) -> None:
        super().__init__(
            "Signing, and checking signatures, needs packages that are not installed: "
            "pip install 'hushmark[credentials]'."
        )


class SigningStopped(CredentialsError):
    """What holds the private key did not sign: `reason` says why."""

    code = "signing-stopped"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} was not signed, because the key could not be used ({reason}). Choose the certificate "
            "and its key again.",
            name=name,
            reason=reason,
        )


class SigningFailed(CredentialsError):
    """The manifest that was written does not hold: a signature of another key, or a mistake of Hushmark."""

    code = "signing-failed"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was not signed, because its new manifest does not hold. Try another certificate.",
            name=name,
        )


class SigningFormat(CredentialsError):
    """Animated GIFs are not signed."""

    code = "signing-format"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is an animated GIF, which Hushmark marks but does not sign. Mark it without signing, or "
            "save it as an animated PNG or WebP first.",
            name=name,
        )


class ManifestMissing(CredentialsError):
    """The picture has no manifest that can be published."""

    code = "manifest-missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has no manifest that names a mark of Hushmark. Mark and sign it first.",
            name=name,
        )


class ManifestWrong(CredentialsError):
    """The manifest of the picture does not hold: `reason` says why, in English."""

    code = "manifest-wrong"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The manifest of {name} does not hold, so it is not published ({reason}). Sign it anew.",
            name=name,
            reason=reason,
        )


class ManifestsUnreachable(CredentialsError):
    """A folder or an address of manifests cannot be read."""

    code = "manifests-unreachable"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The manifests at {name} cannot be read ({reason}).", name=name, reason=reason)


class ModelError(HushmarkError):
    """The weights, or what they computed, cannot be used."""


class ModelMissing(ModelError):
    """No weights at `path`."""

    code = "model-missing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There are no weights at {path}. Set HUSHMARK_WEIGHTS to the folder that holds them.",
            path=str(path),
        )


class ModelDamaged(ModelError):
    """The file at `path` is no weights file of ours."""

    code = "model-damaged"

    def __init__(self, path: Path) -> None:
        super().__init__(f"The weights at {path} are damaged. Fetch them again.", path=str(path))


class ModelOutput(ModelError):
    """The forward pass gave no usable numbers (empty, not finite, wrong shape)."""

    code = "model-output"

    def __init__(self) -> None:
        super().__init__("The network gave no usable answer. Try again, or use another execution provider.")


class RuntimeMissing(HushmarkError):
    """The native forward pass needs onnxruntime, which is not installed."""

    code = "runtime-missing"

    def __init__(self) -> None:
        super().__init__("The networks need onnxruntime, which is not installed: pip install onnxruntime.")


class OutputExists(HushmarkError):
    """The output file is there already."""

    code = "output-exists"

    def __init__(self, path: Path | str) -> None:
        super().__init__(f"{path} exists already. Choose another name.", path=str(path))


class OutputTwice(HushmarkError):
    """Two inputs would be written to the same file."""

    code = "output-twice"

    def __init__(self, path: Path | str) -> None:
        super().__init__(
            f"{path} would be written twice. Mark pictures of the same name into different folders.",
            path=str(path),
        )


class FolderEmpty(HushmarkError):
    """A folder holds no picture."""

    code = "folder-empty"

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no picture in {path}.", path=str(path))


class NothingFound(HushmarkError):
    """No picture is where they were looked for."""

    code = "nothing-found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no picture at {name}. Give folders that end with a slash, patterns such as "
            "s3://bucket/**/*.jpg, or a table with a column file.",
            name=name,
        )


class RunExists(HushmarkError):
    """The manifest of a run is there already."""

    code = "run-exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has a run already. Choose another manifest.", name=name)


class RunOther(HushmarkError):
    """The manifest is of another run: `found` is what that does."""

    code = "run-other"

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"{name} is the manifest of another run ({found}). Choose another one.", name=name, found=found
        )


class EngineMissing(HushmarkError):
    """What many pictures run on is not installed: `name` is the extra that brings it."""

    code = "engine-missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Many pictures need packages that are not installed: pip install 'hushmark[{name}]'.", name=name
        )


class EngineFailed(HushmarkError):
    """Daft or Ray, as `name` says, could not go on: `reason` is what it says."""

    code = "engine-failed"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} ended before all pictures were done ({reason}). The manifest keeps what was done.",
            name=name,
            reason=reason,
        )


class FileKind(HushmarkError):
    """The path names a pipe, a socket or a device, from which nothing is read: it could wait for ever."""

    code = "file-kind"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is a pipe, a socket or a device. Hushmark opens files: name one.",
            name=name,
        )


class FileTooLarge(HushmarkError):
    """The file has more than `maximum` bytes; it was not decoded, nor read where its size was known."""

    code = "file-too-large"

    def __init__(self, name: str, maximum: int) -> None:
        super().__init__(
            f"{name} is larger than {maximum // 1_000_000} million bytes, the most that Hushmark reads: save "
            "the picture smaller, or in a format that packs it.",
            name=name,
            maximum=maximum,
        )


class FileProblem(HushmarkError):
    """The operating system would not read or write the file."""

    code = "file"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}.", name=name, reason=reason)


def picture_error(error: Exception, name: str) -> HushmarkError:
    """What an exception that came up in work on the picture `name` is for people."""
    if isinstance(error, HushmarkError):
        return error
    if isinstance(error, MemoryError):
        return PictureMemory(name)
    return PictureDefect(name, f"{type(error).__name__}: {error}")
