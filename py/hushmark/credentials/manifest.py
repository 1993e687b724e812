"""Reads a manifest, and checks what it says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from ..picture.container import detect
from . import binding, cbor, certificate, cose, jumbf, placement
from .cose import Verify
from .jumbf import Box

Verdict = Literal["valid", "changed", "broken", "unchecked", "damaged"]
"""In this order: all checks pass; the picture is not the one that was signed, or was changed since; the
manifest itself was changed, or its signature is another's; something cannot be checked here; the manifest
cannot be read."""
PictureCheck = Literal["same", "changed", "by-mark", "unchecked"]
"""Whether it is the file that was signed, byte by byte; "by-mark": the manifest was found by its mark."""
SignatureCheck = Literal["holds", "broken", "unchecked"]
CertificateTime = Literal["current", "expired", "early"]

MOST_BYTES = 64 << 20
"""The largest manifest store that is read."""
STORE, ASSERTIONS, SIGNATURE = "c2pa", "c2pa.assertions", "c2pa.signature"
CLAIMS = ("c2pa.claim.v2", "c2pa.claim")
_UPDATE = "c2um"
_MOST_LISTED = 100
_LONGEST = 1000


@dataclass(frozen=True)
class Binding:
    """What a manifest that was lost is found by.

    `alg`: name of the algorithm; `value`: hex digits.
    """

    alg: str
    value: str


@dataclass(frozen=True)
class Ingredient:
    """A picture that this one was made of.

    `title`: its name, empty where it has none; `relationship`: parentOf, componentOf or inputTo;
    `has_manifest`: whether its own manifest is kept.
    """

    title: str
    relationship: str
    has_manifest: bool


@dataclass(frozen=True)
class PictureManifest:
    """What the manifest of a picture says, and which checks it passed.

    `verdict`: valid, changed, broken, unchecked or damaged; `picture`: whether it is the signed one;
    `signature`: whether it holds, or is broken; `signer`: the certificate's name, which may be made up;
    `issuer`: who issued the certificate; `certificate`: current, expired or early, None where it cannot be
    read; `trusted`: whether it leads to an issuer that is trusted, None where that was not checked;
    `time`: when it was signed, as the signer says; `generator`: program that made it; `title`: of the
    picture; `actions`: what was done, in the words of C2PA; `author`: who made the picture, as the signer
    says; `note`: what else the signer says; `bindings`: what finds it by the mark; `ingredients`: what the
    picture was made of; `identifier`: of the manifest; `reason`: what is wrong, in English, empty when all is
    well.
    """

    verdict: Verdict
    picture: PictureCheck = "unchecked"
    signature: SignatureCheck = "unchecked"
    signer: str = ""
    issuer: str = ""
    certificate: CertificateTime | None = None
    trusted: bool | None = None
    time: str | None = None
    generator: str = ""
    title: str = ""
    actions: tuple[str, ...] = ()
    author: str = ""
    note: str = ""
    bindings: tuple[Binding, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    identifier: str = ""
    reason: str = ""
    _chain: tuple[bytes, ...] = field(default=(), repr=False, compare=False)

    def with_trust(self, trusts: Callable[[tuple[bytes, ...]], bool]) -> "PictureManifest":
        """The same, with whether its signer is trusted, as `trusts` says of its certificates (DER)."""
        return replace(self, trusted=self.signature == "holds" and trusts(self._chain))


def find_store(data: bytes) -> placement.Found | None:
    """The manifest store in a file. Raises ValueError where it is not whole, or too large."""
    source = detect(data)
    found = None if source is None else placement.find(data, source)
    if found is not None and len(found.store) > MOST_BYTES:
        raise ValueError("a manifest store that is too large")
    return found


async def read_manifest(data: bytes, verify: Verify) -> PictureManifest | None:
    """The manifest of a picture; None where it has none. Damage is reported in it, not raised."""
    try:
        found = find_store(data)
        if found is None:
            return None
        return await _checked(found.store, data, found, verify)
    except (ValueError, RecursionError) as error:
        return PictureManifest("damaged", reason=str(error))


async def read_store(store: bytes, mark: bytes, verify: Verify) -> PictureManifest:
    """The manifest of a store that was found by a mark whose value is `mark`, away from its picture."""
    try:
        manifest = await _checked(store, None, None, verify)
    except (ValueError, RecursionError) as error:
        return PictureManifest("damaged", reason=str(error))
    if binding.ALGORITHM not in [each.alg for each in manifest.bindings if each.value == mark.hex()]:
        return replace(manifest, verdict="changed", picture="changed", reason="it is of another mark")
    if manifest.verdict != "unchecked" or manifest.signature != "holds":
        return replace(manifest, picture="by-mark")
    # Only the hash of the picture is unchecked, and that file is not the signed one any more.
    return replace(manifest, picture="by-mark", verdict="valid", reason=_outdated(manifest.certificate))


def active(store: bytes) -> tuple[Box, Box]:
    """The store, and the manifest that counts: the last one. Raises ValueError."""
    box = jumbf.parse(store)
    if box.label != STORE or not box.boxes:
        raise ValueError("no manifest store")
    if len({each.label for each in box.boxes}) < len(box.boxes):
        raise ValueError("two manifests of one name")
    return box, box.boxes[-1]


async def _checked(
    store: bytes, data: bytes | None, found: placement.Found | None, verify: Verify
) -> PictureManifest:
    whole, manifest = active(store)
    claim_box = next((box for label in CLAIMS if (box := manifest.find(label))), None)
    signature_box, assertions = manifest.find(SIGNATURE), manifest.find(ASSERTIONS)
    claim_bytes = claim_box and claim_box.content("cbor")
    signed = signature_box and signature_box.content("cbor")
    if not claim_bytes or not signed or assertions is None:
        raise ValueError("a manifest without claim, signature or assertions")
    claim = _mapping(cbor.decode(claim_bytes))
    signature = cose.parse(signed)
    said = _Said(claim, manifest, assertions, whole)
    certificate_time: CertificateTime | None = None
    signer = issuer = ""
    signature_check: SignatureCheck = "unchecked"
    try:
        leaf = certificate.parse(signature.chain[0])
        signer, issuer, certificate_time = leaf.subject, leaf.issuer, leaf.state(datetime.now(UTC))
        holds = await signature.holds(claim_bytes, leaf.key, verify)
    except ValueError:
        holds = None
    if holds is not None:
        signature_check = "holds" if holds else "broken"
    picture: PictureCheck = "unchecked"
    if data is not None and found is not None and manifest.kind != _UPDATE:
        picture = said.check_picture(data, found)
    verdict, reason = _judged(signature_check, picture, said.broken, certificate_time)
    return replace(
        said.manifest(),
        verdict=verdict,
        reason=reason,
        picture=picture,
        signature=signature_check,
        signer=signer,
        issuer=issuer,
        certificate=certificate_time,
        identifier=manifest.label,
        _chain=signature.chain,
    )


def _judged(
    signature: SignatureCheck, picture: PictureCheck, broken: str, certificate_time: CertificateTime | None
) -> tuple[Verdict, str]:
    if signature == "broken":
        return "broken", "the signature does not fit the claim"
    if broken:
        return "broken", broken
    if picture == "changed":
        return "changed", "the picture is not the one that was signed, or it was changed since"
    if signature == "unchecked":
        return "unchecked", "the signature cannot be checked here"
    if picture == "unchecked":
        return "unchecked", "the hash of the picture cannot be checked here"
    return "valid", _outdated(certificate_time)


def _outdated(time: CertificateTime | None) -> str:
    """What is wrong with the time of a certificate. Time stamps of services are not checked."""
    match time:
        case "expired":
            return "the certificate has expired: nothing shows that it was valid when this was signed"
        case "early":
            return "the certificate is not valid yet"
    return ""


class _Said:
    """The assertions that a claim lists and whose hashes hold. `broken`: what does not."""

    def __init__(self, claim: Mapping[str, Any], manifest: Box, assertions: Box, store: Box) -> None:
        self.broken = ""
        self._claim = claim
        self._algorithm = str(claim.get("alg") or "sha256")
        self._values: dict[str, list[Any]] = {}
        if len({box.label for box in assertions.boxes}) < len(assertions.boxes):
            raise ValueError("two assertions of one name")
        if _address({"url": claim.get("signature")})[0] not in (f"{manifest.label}/{SIGNATURE}", SIGNATURE):
            self.broken = "the claim names another signature"
        listed = [
            entry
            for name in ("created_assertions", "gathered_assertions", "assertions")
            for entry in _list(claim.get(name))
        ]
        for entry in listed:
            address, label = _address(entry)
            box = assertions.find(label)
            if box is None or f"{manifest.label}/{ASSERTIONS}/{label}" not in (
                address,
                f"{manifest.label}/{address}",
            ):
                self.broken = f"{label} is missing"
            elif not self._fits(entry, box):
                self.broken = f"{label} was changed"
            else:
                self._values.setdefault(label.split("__")[0], []).append(_value(box))
        for ingredient in self._of("c2pa.ingredient"):
            for name in ("activeManifest", "c2pa_manifest"):
                entry = ingredient.get(name)
                kept = entry and store.find(_address(entry)[1])
                if kept and not self._fits(entry, kept):
                    self.broken = "the manifest of an ingredient was changed"

    def manifest(self) -> PictureManifest:
        """What the manifest says; the checks are still to be filled in."""
        actions = [
            each for value in self._of("c2pa.actions") for each in map(_mapping, _list(value.get("actions")))
        ]
        times = [str(each["when"].isoformat()) for each in actions if isinstance(each.get("when"), datetime)]
        infos = self._claim.get("claim_generator_info") or {}
        info = infos if isinstance(infos, dict) else (_list(infos) or [{}])[0]
        generator = " ".join(_text(_mapping(info).get(name)) for name in ("name", "version")).strip()
        words = [*self._of("cawg.metadata"), *self._of("c2pa.metadata")]
        works = self._of("stds.schema-org.CreativeWork")
        authors = [_text(_first(each.get("dc:creator"))) for each in words]
        authors += [_text(_mapping(_first(each.get("author"))).get("name")) for each in works]
        notes = [_text(_first(each.get("dc:description"))) for each in words]
        return PictureManifest(
            "unchecked",
            time=max(times, default=None),
            generator=generator or _text(self._claim.get("claim_generator")),
            title=_text(self._claim.get("dc:title")),
            actions=tuple(_text(each.get("action")) for each in actions),
            author=next(filter(None, authors), ""),
            note=next(filter(None, notes), ""),
            bindings=tuple(
                Binding(_text(each.get("alg")), _hex(_mapping(block).get("value")))
                for each in self._of("c2pa.soft-binding")
                for block in _list(each.get("blocks"))
            ),
            ingredients=tuple(
                Ingredient(
                    _text(each.get("dc:title")),
                    _text(each.get("relationship")),
                    bool(each.get("activeManifest") or each.get("c2pa_manifest")),
                )
                for each in self._of("c2pa.ingredient")
            ),
        )

    def check_picture(self, data: bytes, found: placement.Found) -> PictureCheck:
        """Whether the file is the one that was signed."""
        answers: list[bool | None] = []
        try:
            answers += [
                binding.data_holds(data, each, self._algorithm, found) for each in self._of("c2pa.hash.data")
            ]
            answers += [
                binding.bmff_holds(data, each, self._algorithm, with_places=not name.endswith("bmff"))
                for name in ("c2pa.hash.bmff", "c2pa.hash.bmff.v2", "c2pa.hash.bmff.v3")
                for each in map(_mapping, self._values.get(name, []))
            ]
        except (ValueError, TypeError, KeyError, AttributeError):
            return "unchecked"
        if False in answers:
            return "changed"
        return "same" if len(answers) == 1 and answers[0] else "unchecked"

    def _fits(self, entry: Any, box: Box) -> bool:
        algorithm = str(_mapping(entry).get("alg") or self._algorithm)
        return bool(binding.digest(algorithm, [box.payload]) == entry.get("hash"))

    def _of(self, label: str) -> list[dict[str, Any]]:
        """The assertions of this label, of whatever version."""
        found = [
            value
            for name, values in self._values.items()
            if name == label or (name.startswith(f"{label}.v") and name[len(label) + 2 :].isdigit())
            for value in values
        ]
        return [value for value in found if isinstance(value, dict)][:_MOST_LISTED]


def _value(box: Box) -> Any:
    """What an assertion says: CBOR, or JSON."""
    encoded, text = box.content("cbor"), box.content("json")
    if encoded is not None:
        return cbor.decode(encoded)
    if text is not None:
        return json.loads(text)
    return None


def _address(entry: Any) -> tuple[str, str]:
    """Where a hashed URI leads to, without the common prefix; and the label of its target."""
    address = _text(_mapping(entry).get("url")).rpartition("self#jumbf=")[2].removeprefix(f"/{STORE}/")
    return address, address.rpartition("/")[2]


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("a value where a map belongs")
    return value


def _list(value: Any) -> list[Any]:
    return list(value)[:_MOST_LISTED] if isinstance(value, list | tuple) else []


def _first(value: Any) -> Any:
    return (_list(value) or [None])[0] if isinstance(value, list | tuple) else value


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _hex(value: Any) -> str:
    return value.hex()[:_LONGEST] if isinstance(value, bytes) else _text(value)
