"""Writes a manifest into a marked picture."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from ..message.keys import Key
from ..message.kinds import Message
from ..picture.container import MIME_TYPES, Format
from . import binding, cbor, cose, jumbf, placement
from .cose import Signer, Verify
from .manifest import ASSERTIONS, CLAIMS, SIGNATURE, STORE, PictureManifest, active

_ALGORITHM = "sha256"
_DIGEST = 32
_BMFF_TYPES = (MIME_TYPES["AVIF"], MIME_TYPES["HEIC"])
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


@dataclass(frozen=True)
class Statement:
    """Who signs a picture, and what the manifest says.

    `signer`: see `Signer`; `verify`: checks the cover's manifest and the new one; `author`: who made the
    picture, or empty; `note`: what else there is to say, or empty.
    """

    signer: Signer
    verify: Verify
    author: str = ""
    note: str = ""


@dataclass(frozen=True)
class Cover:
    """The picture that was marked.

    `name`: of its file; `mime_type`: of it; `store`: its manifest store, which is kept, and `manifest`: what
    it said.
    """

    name: str
    mime_type: str
    store: bytes | None = None
    manifest: PictureManifest | None = None


async def sign(
    data: bytes,
    file_format: Format,
    message: Message,
    key: Key | None,
    *,
    title: str,
    cover: Cover,
    statement: Statement,
) -> bytes:
    """The file of a marked picture with a manifest in it.

    `data`: the file, without one; `message`, `key`: of its mark; `title`: its name; `cover`: what was marked;
    `statement`: who signs, and what. What the signer raises is passed on.
    """
    signer = statement.signer
    label = f"urn:c2pa:{uuid.uuid4()}"
    now = datetime.now(UTC).replace(microsecond=0)
    generator = {"name": "Hushmark", "version": version("hushmark")}
    kept = b"" if cover.store is None else b"".join(box.encoded() for box in active(cover.store)[0].boxes)

    def action(name: str, **more: object) -> dict[str, object]:
        return {"action": f"c2pa.{name}", **more, "when": now, "softwareAgent": generator}

    ingredient = _assertion("c2pa.ingredient.v3", _ingredient(cover))
    actions = [action("opened", parameters={"ingredients": [_listed(ingredient)]})]
    if cover.mime_type != MIME_TYPES[file_format]:
        actions.append(action("converted"))
    actions.append(action("watermarked.bound"))
    marks = [{"scope": {}, "value": binding.mark_value(message, key)}]
    created = [
        ingredient,
        _assertion("c2pa.actions.v2", {"actions": actions, "allActionsIncluded": True}),
        _assertion("c2pa.soft-binding", {"alg": binding.ALGORITHM, "blocks": marks, "pad": b""}),
    ]
    gathered = [_words(statement)] if statement.author or statement.note else []

    def claim(hashed: bytes) -> bytes:
        return cbor.encode(
            {
                "instanceID": f"xmp:iid:{label.rpartition(':')[2]}",
                "claim_generator_info": generator,
                "signature": f"self#jumbf=/{STORE}/{label}/{SIGNATURE}",
                "created_assertions": [_listed(each) for each in (hashed, *created)],
                **({"gathered_assertions": [_listed(each) for each in gathered]} if gathered else {}),
                "dc:title": title,
                "alg": _ALGORITHM,
            }
        )

    def store(hashed: bytes, signature: bytes) -> bytes:
        manifest = jumbf.superbox(
            "c2ma",
            label,
            jumbf.superbox("c2as", ASSERTIONS, hashed, *created, *gathered),
            jumbf.superbox("c2cl", CLAIMS[0], jumbf.box("cbor", claim(hashed))),
            jumbf.superbox("c2cs", SIGNATURE, jumbf.box("cbor", signature)),
        )
        return jumbf.superbox(STORE, STORE, kept, manifest)

    hash_of = _bmff_hash if file_format == "AVIF" else _data_hash
    empty = cose.placeholder(signer)
    room, pad = _room(data, file_format, lambda place: len(store(hash_of(place, 0, None), empty)))
    hashed = hash_of(room, pad, store(hash_of(room, pad, None), empty))
    return room.file(store(hashed, await cose.sign(claim(hashed), signer)))


def _room(
    data: bytes, file_format: Format, size_of: Callable[[placement.Placement], int]
) -> tuple[placement.Placement, int]:
    """Room for a store whose size depends on its own place and size; and how many bytes of padding it has.

    Numbers take 1 to 9 bytes. From below, each try is at least as large as the last one, so the size settles.
    """
    size = 0
    while True:
        room = placement.place(data, file_format, size)
        needed = size_of(room)
        # Readers do not agree whether the byte behind a chunk of odd size belongs to it.
        pad = needed % 2 if file_format == "WEBP" else 0
        if needed + pad == size:
            return room, pad
        size = needed + pad


def _data_hash(room: placement.Placement, pad: int, filler: bytes | None) -> bytes:
    """The assertion that binds the bytes of the file.

    `pad`: bytes of padding; `filler`: None where its hash does not matter yet.
    """
    hashed = bytes(_DIGEST) if filler is None else binding.digest(_ALGORITHM, [*room.head, *room.tail])
    return _assertion(
        "c2pa.hash.data",
        {
            "exclusions": [{"start": room.start, "length": room.size}],
            "name": "jumbf manifest",
            "alg": _ALGORITHM,
            "hash": hashed,
            "pad": bytes(pad),
        },
    )


def _bmff_hash(room: placement.Placement, _pad: int, filler: bytes | None) -> bytes:
    """The same for AVIF, which needs no padding. `filler`: a store of the right size."""
    hashed = bytes(_DIGEST)
    if filler is not None:
        hashed = binding.bmff_digest(room.file(filler), binding.BMFF_EXCLUSIONS, _ALGORITHM)
    return _assertion(
        "c2pa.hash.bmff.v3",
        {
            "exclusions": binding.BMFF_EXCLUSIONS,
            "alg": _ALGORITHM,
            "hash": hashed,
            "name": "jumbf manifest",
        },
    )


def _ingredient(cover: Cover) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "dc:title": cover.name,
        "dc:format": cover.mime_type,
        "relationship": "parentOf",
    }
    if cover.store is None or cover.manifest is None:
        return facts
    _, manifest = active(cover.store)
    signature = manifest.find(SIGNATURE)
    assert signature is not None  # the manifest was read
    address = f"self#jumbf=/{STORE}/{manifest.label}"
    hashed = "bmffHash" if cover.mime_type in _BMFF_TYPES else "dataHash"
    return {
        **facts,
        "activeManifest": {"url": address, "hash": binding.digest(_ALGORITHM, [manifest.payload])},
        "claimSignature": {
            "url": f"{address}/{SIGNATURE}",
            "hash": binding.digest(_ALGORITHM, [signature.payload]),
        },
        "validationResults": {"activeManifest": _results(cover.manifest, address, hashed)},
    }


def _results(manifest: PictureManifest, address: str, hashed: str) -> dict[str, list[dict[str, str]]]:
    """What reading the cover's manifest has shown, in the words of the specification."""
    success, failure = [], []
    signature = {"url": f"{address}/{SIGNATURE}"}
    if manifest.signature == "holds":
        success.append({"code": "claimSignature.validated", **signature})
    elif manifest.signature == "broken":
        failure.append({"code": "claimSignature.mismatch", **signature})
    if manifest.certificate == "current":
        success.append({"code": "claimSignature.insideValidity", **signature})
    if manifest.picture == "same":
        success.append({"code": f"assertion.{hashed}.match", "url": address})
    elif manifest.picture == "changed":
        failure.append({"code": f"assertion.{hashed}.mismatch", "url": address})
    failure.append({"code": "signingCredential.untrusted", **signature})
    return {"success": success, "informational": [], "failure": failure}


def _words(statement: Statement) -> bytes:
    """Author and note, as an assertion of the Creator Assertions Working Group."""
    facts: dict[str, object] = {"@context": {"dc": _DUBLIN_CORE}}
    if statement.author:
        facts["dc:creator"] = [statement.author]
    if statement.note:
        facts["dc:description"] = statement.note
    text = json.dumps(facts, ensure_ascii=False).encode()
    return jumbf.superbox("json", "cawg.metadata", jumbf.box("json", text))


def _assertion(label: str, value: dict[str, Any]) -> bytes:
    return jumbf.superbox("cbor", label, jumbf.box("cbor", cbor.encode(value)))


def _listed(assertion: bytes) -> dict[str, object]:
    """A claim's reference to an assertion, which is a whole superbox."""
    label = jumbf.parse(assertion).label
    return {
        "url": f"self#jumbf={ASSERTIONS}/{label}",
        "hash": binding.digest(_ALGORITHM, [assertion[8:]]),
    }
