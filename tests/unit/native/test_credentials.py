"""Manifests: what we sign, the reference implementation reads and calls valid, and the other way round."""

import asyncio
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hushmark.credentials import binding, cbor, jumbf, manifest, placement, publishing, signing
from hushmark.credentials.cose import cannot_verify
from hushmark.credentials.manifest import Binding, Ingredient, PictureManifest, read_manifest
from hushmark.errors import (
    CertificateDamaged,
    CertificateExpired,
    CertificateKey,
    CertificatePurpose,
    SigningKeyDamaged,
    SigningKeyOther,
)
from hushmark.hosts.signing import load_signer, make_test_certificate, trust_in, verify
from hushmark.message.keys import Key
from hushmark.message.kinds import text
from hushmark.picture.container import MIME_TYPES, Format
from hushmark.picture.picture import encode_picture, open_picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support import corpus
from tests.support.credentials import (
    certificate,
    expired_signer,
    failures,
    judged,
    signed_by_others,
    signed_by_us,
    signer,
)

FORMATS: tuple[Format, ...] = tuple(each for each in get_args(Format) if each != "GIF")
"""Those that are signed."""
UNTRUSTED = ["signingCredential.untrusted"]
"""What the reference implementation says of every certificate that is not in its list."""
FILES = {each: corpus.encoded(corpus.base(), each) for each in FORMATS}


def signed(file_format: Format, cover: signing.Cover | None = None, **said: Any) -> bytes:
    """A small picture with a manifest of ours, as if the message "pipe" were in it."""
    mime_type = MIME_TYPES[file_format]
    statement = signing.Statement(signer(), verify, **said)
    return asyncio.run(
        signing.sign(
            FILES[file_format],
            file_format,
            text("pipe"),
            None,
            title="photo-marked",
            cover=cover or signing.Cover("photo", mime_type),
            statement=statement,
        )
    )


def read(data: bytes) -> PictureManifest:
    found = asyncio.run(read_manifest(data, verify))
    assert found is not None
    return found


def store_of(data: bytes) -> bytes:
    found = manifest.find_store(data)
    assert found is not None
    return found.store


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_reference_implementation_calls_ours_valid(file_format: Format) -> None:
    file = signed(file_format, author="Ann Lee", note="Über den Wolken")
    judgement = judged(file, file_format)
    assert judgement["validation_state"] == "Valid"
    assert failures(judgement) == UNTRUSTED
    (ours,) = judgement["manifests"].values()
    assert ours["claim_version"] == 2
    assert ours["title"] == "photo-marked"
    said = {each["label"]: each["data"] for each in ours["assertions"]}
    assert [each["action"] for each in said["c2pa.actions.v2"]["actions"]] == [
        "c2pa.opened",
        "c2pa.watermarked.bound",
    ]
    assert said["c2pa.soft-binding"]["alg"] == binding.ALGORITHM
    assert said["cawg.metadata"]["dc:creator"] == ["Ann Lee"]
    assert said["cawg.metadata"]["dc:description"] == "Über den Wolken"
    assert ours["ingredients"][0]["relationship"] == "parentOf"


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_is_signed_is_read_and_is_the_same_picture(file_format: Format) -> None:
    file = signed(file_format, author="Ann Lee", note="A note")
    ours = read(file)
    assert (ours.verdict, ours.picture, ours.signature, ours.certificate) == (
        "valid",
        "same",
        "holds",
        "current",
    )
    assert "not trusted" in ours.signer
    assert (ours.author, ours.note, ours.title) == ("Ann Lee", "A note", "photo-marked")
    assert ours.actions == ("c2pa.opened", "c2pa.watermarked.bound")
    assert ours.bindings == (Binding(binding.ALGORITHM, "017069706500000000"),)
    assert ours.ingredients == (Ingredient("photo", "parentOf", has_manifest=False),)
    assert ours.time is not None
    assert datetime.now(UTC) - datetime.fromisoformat(ours.time) < timedelta(hours=1)
    before, after = (Image.open(io.BytesIO(each)).convert("RGB") for each in (FILES[file_format], file))
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_manifest_of_another_program_is_read_and_kept(file_format: Format) -> None:
    theirs = signed_by_others(FILES[file_format], file_format)
    before = read(theirs)
    assert (before.verdict, before.picture, before.title) == ("valid", "same", "A cover")
    assert before.generator == "Another program 1"
    assert before.actions == ("c2pa.created",)

    cover = signing.Cover("photo", MIME_TYPES[file_format], store_of(theirs), before)
    file = signed(file_format, cover)
    assert read(file).ingredients == (Ingredient("photo", "parentOf", has_manifest=True),)
    judgement = judged(file, file_format)
    assert judgement["validation_state"] == "Valid"
    assert set(failures(judgement)) == set(UNTRUSTED)
    titles = {each["title"] for each in judgement["manifests"].values()}
    assert titles == {"A cover", "photo-marked"}
    kept = jumbf.parse(store_of(theirs)).boxes[0]
    assert jumbf.parse(store_of(file)).boxes[0] == kept


def test_the_manifest_of_a_phone_s_heic_is_read_and_kept() -> None:
    """HEIC is not written, so what was marked is a JPEG."""
    theirs = signed_by_others(corpus.heic(), "HEIC")
    before = read(theirs)
    assert (before.verdict, before.picture, before.title) == ("valid", "same", "A cover")
    changed = bytearray(theirs)
    changed[-40] ^= 1  # of its pixels
    assert read(bytes(changed)).verdict == "changed"

    file = signed("JPEG", signing.Cover("photo.heic", MIME_TYPES["HEIC"], store_of(theirs), before))
    assert read(file).ingredients == (Ingredient("photo.heic", "parentOf", has_manifest=True),)
    judgement = judged(file, "JPEG")
    assert judgement["validation_state"] == "Valid"
    assert set(failures(judgement)) == set(UNTRUSTED)
    kept = jumbf.parse(store_of(theirs)).boxes[0]
    assert jumbf.parse(store_of(file)).boxes[0] == kept
    (results,) = [
        each["validation_results"]["activeManifest"]["success"]
        for each in judgement["manifests"][judgement["active_manifest"]]["ingredients"]
    ]
    assert "assertion.bmffHash.match" in [each["code"] for each in results]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_picture_that_was_changed_is_said_to_be(file_format: Format) -> None:
    file = bytearray(signed(file_format))
    found = placement.find(bytes(file), file_format)
    assert found is not None
    # A byte of the pixels, wherever the store is.
    place = len(file) - 40 if file_format in ("JPEG", "PNG", "AVIF") else len(FILES[file_format]) // 2
    assert not any(start <= place < start + size for start, size in found.spans)
    file[place] ^= 1
    assert (read(bytes(file)).verdict, read(bytes(file)).picture) == ("changed", "changed")
    assert judged(bytes(file), file_format)["validation_state"] == "Invalid"


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_manifest_that_claims_another_picture_is_said_to(file_format: Format) -> None:
    store = store_of(signed(file_format))
    other = corpus.encoded(corpus.base().rotate(180), file_format)
    file = placement.place(other, file_format, len(store)).file(store)
    assert (read(file).verdict, read(file).signature) == ("changed", "holds")


def test_every_byte_of_the_manifest_that_counts_is_bound() -> None:
    """Whatever byte of the store is altered, the answer is never that all holds but for harmless ones."""
    file = signed("PNG", author="Ann Lee")
    found = placement.find(file, "PNG")
    assert found is not None
    start = file.index(found.store)
    for place in range(start, start + len(found.store), 7):
        altered = bytearray(file)
        altered[place] ^= 0x20
        answer = asyncio.run(read_manifest(bytes(altered), verify))
        if answer is not None and answer.verdict == "valid":
            # Only toggles and labels that nothing refers to may differ: what is said is the same.
            assert replace(answer, reason="") == read(file), place - start


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_manifest_is_an_answer_and_no_error(data: st.DataObject) -> None:
    store = bytearray(store_of(signed("JPEG")))
    for _ in range(data.draw(st.integers(1, 6))):
        store[data.draw(st.integers(0, len(store) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(store[: data.draw(st.integers(40, len(store)))])
    file = placement.place(FILES["PNG"], "PNG", len(cut)).file(cut)
    answer = asyncio.run(read_manifest(file, verify))
    assert answer is not None and answer.verdict != "valid"


def test_a_hash_that_leaves_out_the_picture_vouches_for_nothing() -> None:
    file = signed("PNG")
    found = placement.find(file, "PNG")
    assert found is not None
    nothing = {"exclusions": [{"start": 0, "length": len(file)}], "hash": binding.digest("sha256", [])}
    assert binding.data_holds(file, nothing, "sha256", found) is None
    avif, exclusions = signed("AVIF"), [*binding.BMFF_EXCLUSIONS, {"xpath": "/mdat"}]
    pixels = {"exclusions": exclusions, "hash": binding.bmff_digest(avif, exclusions, "sha256")}
    assert binding.bmff_holds(avif, pixels, "sha256", with_places=True) is None


def test_without_something_to_check_signatures_with_nothing_is_claimed() -> None:
    answer = asyncio.run(read_manifest(signed("JPEG"), cannot_verify))
    assert answer is not None
    assert (answer.verdict, answer.signature, answer.picture) == ("unchecked", "unchecked", "same")


def test_a_picture_without_a_manifest_has_none() -> None:
    for name, data in {**corpus.formats(), **corpus.annotated()}.items():
        assert asyncio.run(read_manifest(data, verify)) is None, name
    for file_format in FORMATS:
        assert asyncio.run(read_manifest(FILES[file_format], verify)) is None
    assert asyncio.run(read_manifest(corpus.encoded(corpus.base(), "BMP"), verify)) is None


@pytest.mark.parametrize("file_format", FORMATS)
def test_marking_alone_takes_over_no_manifest(file_format: Format) -> None:
    theirs = signed_by_others(FILES[file_format], file_format)
    written = b"".join(encode_picture(open_picture(theirs, "photo")))
    assert manifest.find_store(written) is None
    assert b"c2pa.claim" not in written


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_store_of_any_size_has_its_place(file_format: Format) -> None:
    """The numbers that tell where the store lies grow with it, and move it; and WebP wants pairs."""
    for size in (*range(1, 6), 60_000, 66_000):
        file = signed(file_format, note="n" * size)
        assert read(file).verdict == "valid", size
        assert failures(judged(file, file_format)) == UNTRUSTED, size


# --- certificates and keys ---


def pem(key: Any) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))


def self_made(key: Any, *, authority: bool = False) -> bytes:
    """A certificate of this key alone, not made for signing claims."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def refused(chain: bytes, key: bytes) -> Exception:
    with pytest.raises(Exception) as caught:
        load_signer(chain, "chain.pem", key, "key.pem")
    return caught.value


def test_what_cannot_sign_is_refused_with_its_reason() -> None:
    chain, key = certificate()
    other = pem(ec.generate_private_key(ec.SECP256R1()))
    curve = ec.generate_private_key(ec.SECP384R1())
    own = ec.generate_private_key(ec.SECP256R1())
    large = rsa.generate_private_key(65537, 2048)
    locked = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    cases: list[tuple[bytes, bytes, type[Exception], str]] = [
        (b"no certificate", key, CertificateDamaged, "chain.pem holds no certificate"),
        (chain[:200] + chain[210:], key, CertificateDamaged, "chain.pem holds no certificate"),
        (chain, b"no key", SigningKeyDamaged, "key.pem holds no private key"),
        (chain, locked, SigningKeyDamaged, "without a passphrase"),
        (chain, other, SigningKeyOther, "does not fit the first certificate in chain.pem"),
        (self_made(curve), pem(curve), CertificateKey, "P-256"),
        (self_made(large), pem(large), CertificateKey, "P-256"),
        (self_made(own), pem(own), CertificatePurpose, "not made for signatures"),
        (self_made(own, authority=True), pem(own), CertificatePurpose, "authority"),
        (*make_test_certificate(days=-1), CertificateExpired, "expired on 20"),
    ]
    for certificates, private, kind, said in cases:
        error = refused(certificates, private)
        assert isinstance(error, kind), (said, error)
        assert said in str(error)


VERSION_3, VERSION_8 = bytes.fromhex("a003020102"), bytes.fromhex("a003020107")


def chain_of(
    *,
    authority: bool,
    current: bool = True,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    signs: bool = True,
) -> tuple[bytes, tuple[bytes, ...]]:
    """An issuer (PEM), and a chain (DER) that leads to it by another certificate: an authority's, or not.

    `purpose`, `signs`: what the first certificate of the chain is for.
    """
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("root", "middle", "leaf")
    ]
    now = datetime.now(UTC)

    def made(number: int, *, ca: bool, days: int = 1) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(names[number])
            .issuer_name(names[max(number - 1, 0)])
            .public_key(keys[number].public_key())
            .serial_number(number + 1)
            .not_valid_before(now - timedelta(days=3))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )

    usage = x509.KeyUsage(signs, False, not signs, False, False, False, False, False, False)
    leaf = made(2, ca=False).add_extension(usage, critical=True)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    root = made(0, ca=True).sign(keys[0], hashes.SHA256())
    middle = made(1, ca=authority, days=1 if current else -1).sign(keys[0], hashes.SHA256())
    chain = leaf.sign(keys[1], hashes.SHA256()), middle
    ders = tuple(each.public_bytes(serialization.Encoding.DER) for each in chain)
    return root.public_bytes(serialization.Encoding.PEM), ders


def test_who_signs_is_trusted_if_a_trusted_issuer_vouches_for_it() -> None:
    root, chain = chain_of(authority=True)
    other, _ = chain_of(authority=True)
    assert trust_in(root, "root.pem")(chain)
    assert trust_in(other + root, "both.pem")(chain)
    for issuers, untrusted in (
        (other, chain),
        (root, chain[:1]),  # what leads there is missing
        (root, ()),
        (root, (chain[0], b"no certificate")),
        chain_of(authority=False),
        chain_of(authority=True, current=False),
        (root, chain[1:]),  # an authority itself
        chain_of(authority=True, purpose=ExtendedKeyUsageOID.SERVER_AUTH),
        chain_of(authority=True, signs=False),
        (root, (*chain, chain[1].replace(VERSION_3, VERSION_8))),
    ):
        assert not trust_in(issuers, "root.pem")(untrusted)
    with pytest.raises(CertificateDamaged, match=r"root\.pem holds no certificate"):
        trust_in(b"", "root.pem")


def test_only_a_signature_that_holds_makes_a_signer_trusted() -> None:
    file = signed("PNG")
    assert read(file).trusted is None
    assert read(file).with_trust(trust_in(certificate()[0], "chain.pem")).trusted is True
    assert read(file).with_trust(trust_in(chain_of(authority=True)[0], "root.pem")).trusted is False
    answer = asyncio.run(read_manifest(file, cannot_verify))
    assert answer is not None
    assert answer.with_trust(trust_in(certificate()[0], "chain.pem")).trusted is False


def test_an_expired_certificate_is_read_as_one() -> None:
    answer = read(signed_by_us(FILES["PNG"], "PNG", by=expired_signer()))
    assert (answer.signature, answer.certificate, answer.reason) == (
        "holds",
        "expired",
        "the certificate has expired: nothing shows that it was valid when this was signed",
    )


# --- found again by the mark ---


class Folder:
    """Files by path, as `recover` asks for them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def publish(self, store: bytes, value: bytes) -> None:
        name = publishing.identifier_of(store)
        path = publishing.binding_path(value.hex())
        self.files[publishing.manifest_path(name)] = store
        self.files[path] = publishing.with_match(self.files.get(path), name)

    async def fetch(self, path: str) -> bytes | None:
        return self.files.get(path)

    def recover(self, value: bytes) -> PictureManifest | None:
        return asyncio.run(publishing.recover(value, self.fetch, verify))


def test_a_lost_manifest_is_found_by_the_mark_and_by_no_other() -> None:
    folder, value = Folder(), binding.mark_value(text("pipe"), None)
    folder.publish(store_of(signed("JPEG", author="Ann Lee")), value)
    folder.publish(store_of(signed("PNG", author="Bo")), value)
    found = folder.recover(value)
    assert found is not None
    assert (found.verdict, found.picture, found.author, found.reason) == ("valid", "by-mark", "Bo", "")
    assert folder.recover(binding.mark_value(text("tube"), None)) is None
    assert folder.recover(binding.mark_value(text("pipe"), Key(bytes(32)))) is None


def test_a_list_that_names_the_manifest_of_another_mark_is_not_believed() -> None:
    folder, other = Folder(), binding.mark_value(text("tube"), None)
    folder.publish(store_of(signed("JPEG")), other)
    found = folder.recover(other)
    assert found is not None
    assert (found.verdict, found.picture) == ("changed", "changed")


@pytest.mark.parametrize(
    "listed",
    [
        b"",
        b"[]",
        b'{"matches": 1}',
        b'{"matches": [{"manifestId": "../../etc/passwd"}, 3]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_list_that_is_damaged_leads_nowhere(listed: bytes) -> None:
    folder, value = Folder(), binding.mark_value(text("pipe"), None)
    folder.files[publishing.binding_path(value.hex())] = listed
    found = folder.recover(value)
    assert found is None or found.verdict == "damaged"


def test_assertions_that_the_claim_does_not_list_are_not_shown() -> None:
    whole = jumbf.parse(store_of(signed("PNG")))
    ours = whole.boxes[0]
    words = b'{"dc:creator": ["Somebody else"]}'
    forged = jumbf.superbox("json", "cawg.metadata", jumbf.box("json", words))
    assertions = next(box for box in ours.boxes if box.label == manifest.ASSERTIONS)
    parts = [box.encoded() for box in ours.boxes if box is not assertions]
    inside = [*(box.encoded() for box in assertions.boxes), forged]
    rebuilt = jumbf.superbox("c2ma", ours.label, jumbf.superbox("c2as", manifest.ASSERTIONS, *inside), *parts)
    store = jumbf.superbox("c2pa", "c2pa", rebuilt)
    answer = asyncio.run(manifest.read_store(store, binding.mark_value(text("pipe"), None), verify))
    assert answer.author == ""


def test_cbor_of_a_claim_is_what_was_signed() -> None:
    """One more key in the claim, and the signature is of something else."""
    whole = jumbf.parse(store_of(signed("PNG")))
    ours = whole.boxes[0]
    claim = ours.find(manifest.CLAIMS[0])
    assert claim is not None
    data = claim.content("cbor")
    assert data is not None
    other = cbor.encode({**cbor.decode(data), "dc:title": "Another title"})
    parts = [
        jumbf.superbox("c2cl", box.label, jumbf.box("cbor", other)) if box is claim else box.encoded()
        for box in ours.boxes
    ]
    store = jumbf.superbox("c2pa", "c2pa", jumbf.superbox("c2ma", ours.label, *parts))
    file = placement.place(FILES["PNG"], "PNG", len(store)).file(store)
    assert (read(file).verdict, read(file).signature) == ("broken", "broken")
