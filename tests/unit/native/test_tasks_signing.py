"""The tasks of the page that sign, and that find a manifest again: callbacks do what only the host can."""

import asyncio
from typing import Any

import pytest
from hushmark.credentials import publishing
from hushmark.credentials.manifest import find_store
from hushmark.errors import (
    CertificateDamaged,
    CertificateExpired,
    ManifestsUnreachable,
    SigningFailed,
    SigningFormat,
    SigningStopped,
)
from hushmark.hosts.signing import make_test_certificate, verify
from hushmark.pipeline import Marked
from hushmark.tasks import File, Recovered, SigningCertificate, Tasks

from tests.support import corpus
from tests.support.credentials import certificate, failures, judged, signer
from tests.support.fakes import CARD, SpreadForward, encoded, photo

PHOTO = File(encoded(photo(400, 300), "PNG"), "a.png")
CHAIN = certificate()[0].decode()
MARK = {"kind": "text", "value": "pipe", "strength": 2.8, "chain": CHAIN, "author": "Ann Lee"}


def do(task: str, picture: File | None, options: dict[str, Any], **host: Any) -> Any:
    return asyncio.run(Tasks(SpreadForward(), CARD, verify=verify, **host).run(task, picture, options))


@pytest.fixture(scope="module")
def marked() -> Marked:
    answer: Marked = do("embed", PHOTO, {**MARK, "manifest_note": "A note"}, sign=signer().sign)
    return answer


def test_a_picture_is_signed_by_the_host(marked: Marked) -> None:
    assert marked.manifest is not None
    assert (marked.manifest.verdict, marked.manifest.picture) == ("valid", "same")
    assert (marked.manifest.author, marked.manifest.note) == ("Ann Lee", "A note")
    assert failures(judged(marked.data, "PNG")) == ["signingCredential.untrusted"]


def test_what_keeps_the_host_from_signing_is_said() -> None:
    async def gone(data: bytes) -> bytes:
        raise OSError("the key is gone")

    async def wrong(data: bytes) -> bytes:
        return bytes(64)

    for host, error, said in (
        (
            {"sign": gone},
            SigningStopped,
            "a.png was not signed, because the key could not be used (the key is",
        ),
        ({}, SigningStopped, "not possible here"),
        ({"sign": wrong}, SigningFailed, "does not hold"),
    ):
        with pytest.raises(error, match=said.replace("(", "[(]")):
            do("embed", PHOTO, MARK, **host)
    moving = File(corpus.several()["moving.gif"], "moving.gif")
    phases: list[str] = []
    with pytest.raises(SigningFormat):
        do("embed", moving, MARK, sign=signer().sign, on_progress=lambda told: phases.append(told.phase))
    assert set(phases) == {"open"}  # before any work


def test_a_certificate_is_looked_at_before_it_signs() -> None:
    told: SigningCertificate = do("certificate", None, {"chain": CHAIN, "name": "chain.pem"})
    assert told.subject == "Hushmark test certificate, not trusted"
    assert told.key.startswith(b"\x30") and len(told.end) == 10
    for chain, error in (
        ("", CertificateDamaged),
        (make_test_certificate(-1)[0].decode(), CertificateExpired),
    ):
        with pytest.raises(error, match=r"chain\.pem"):
            do("certificate", None, {"chain": chain, "name": "chain.pem"})


def test_a_lost_manifest_is_found_where_the_host_looks(marked: Marked) -> None:
    assert marked.manifest is not None
    found = find_store(marked.data)
    assert found is not None
    value = marked.manifest.bindings[0].value
    name = publishing.identifier_of(found.store)
    files = {
        publishing.binding_path(value): publishing.with_match(None, name),
        publishing.manifest_path(name): found.store,
    }

    async def fetch(path: str) -> bytes | None:
        return files.get(path)

    async def broken(path: str) -> bytes | None:
        raise OSError("no network")

    read = {"kind": "text", "value": "pipe", "place": "https://example.org/"}
    recovered: Recovered = do("recover", None, read, fetch=fetch)
    assert recovered.manifest is not None
    assert (recovered.manifest.verdict, recovered.manifest.picture) == ("valid", "by-mark")
    for other in ({"value": "tube"}, {"key": "open sesame"}):
        assert do("recover", None, {**read, **other}, fetch=fetch) == Recovered(None)
    with pytest.raises(ManifestsUnreachable, match=r"https://example\.org/ cannot be read \(no network\)"):
        do("recover", None, read, fetch=broken)
