"""Manifests on the command line: signed, read, published, lost and found again."""

import asyncio
import functools
import http.server
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hushmark.cli import commands as cli
from hushmark.cli import manifests
from hushmark.credentials import placement
from hushmark.credentials.manifest import find_store
from hushmark.errors import ManifestsUnreachable
from hushmark.hosts.signing import make_test_certificate
from hushmark.picture.container import InputFormat
from PIL import Image

from tests.support import corpus
from tests.support.credentials import expired_signer, failures, judged, signed_by_others, signed_by_us
from tests.support.pictures import sample_photo

Capture = pytest.CaptureFixture[str]


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def record(capture: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capture.readouterr().out)
    return found


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A chain and its key."""
    folder = tmp_path_factory.mktemp("pems")
    paths = [folder / "chain.pem", folder / "key.pem"]
    assert run("test-certificate", *paths) == cli.DONE
    return paths


@pytest.fixture(scope="module")
def covers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture, with and without the manifest of another program."""
    folder = tmp_path_factory.mktemp("covers")
    (folder / "cover.jpg").write_bytes(sample_photo("rocket.jpg"))
    (folder / "theirs.jpg").write_bytes(signed_by_others(sample_photo("rocket.jpg"), "JPEG"))
    return folder


@pytest.fixture(scope="module")
def marked(covers: Path, pems: list[Path]) -> Path:
    """A picture that says "pipe", marked and signed on top of the manifest of another program."""
    path = covers / "marked.jpg"
    signing = (
        "--sign",
        pems[0],
        "--sign-key",
        pems[1],
        "--author",
        "Ann Lee",
        "--note",
        "A rocket\nby night",
    )
    assert run("embed", covers / "theirs.jpg", "--text", "pipe", "-o", path, *signing) == cli.DONE
    return path


def test_a_test_key_is_for_its_owner_alone_and_replaces_nothing(pems: list[Path], capsys: Capture) -> None:
    assert pems[1].stat().st_mode & 0o077 == 0
    before = pems[1].read_bytes()
    assert run("test-certificate", *pems) == cli.FAILED
    assert "exists already" in capsys.readouterr().err
    assert pems[1].read_bytes() == before


def test_what_was_signed_is_shown_beside_the_mark(marked: Path, capsys: Capture) -> None:
    assert failures(judged(marked.read_bytes(), "JPEG")) == ["signingCredential.untrusted"]
    assert run("read", marked) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{marked}: pipe (text")
    assert lines[1] == "  C2PA manifest: holds"
    assert lines[2].startswith("  signed by: Hushmark test certificate, not trusted, as a certificate of")
    assert "nobody here has vouched for it" in lines[2]
    assert "  author: Ann Lee" in lines
    assert "  note: A rocket\\nby night" in lines
    assert "  actions: c2pa.opened, c2pa.watermarked.bound" in lines

    assert run("read", marked, "--json") == cli.DONE
    found = record(capsys)
    assert found["message"]["value"] == "pipe"
    assert found["manifest"]["verdict"] == "valid"
    assert found["manifest"]["note"] == "A rocket\nby night"
    assert found["manifest"]["ingredients"] == [
        {"title": "theirs.jpg", "relationship": "parentOf", "has_manifest": True}
    ]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_a_marked_picture_of_each_format_is_valid_on_top_of_what_others_signed(
    file_format: InputFormat, pems: list[Path], tmp_path: Path
) -> None:
    """HEIC is saved as JPEG."""
    quality = {} if file_format in ("PNG", "TIFF") else {"quality": 90}
    plain = corpus.heic() if file_format == "HEIC" else corpus.encoded(corpus.base(), file_format, **quality)
    cover = tmp_path / f"cover.{file_format.lower()}"
    cover.write_bytes(signed_by_others(plain, file_format))
    signing = ("--sign", pems[0], "--sign-key", pems[1])
    assert run("embed", cover, "--text", "pipe", "-o", f"{tmp_path}/out/", *signing) == cli.DONE
    (path,) = (tmp_path / "out").iterdir()
    judgement = judged(path.read_bytes(), "JPEG" if file_format == "HEIC" else file_format)
    assert judgement["validation_state"] == "Valid"
    assert set(failures(judgement)) == {"signingCredential.untrusted"}
    assert {each["title"] for each in judgement["manifests"].values()} == {
        "A cover",
        f"cover-marked{path.suffix}",
    }
    assert run("read", path) == cli.DONE


def test_whether_a_trusted_issuer_vouches_for_the_signer_is_told(
    marked: Path, pems: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(make_test_certificate()[0])
    for issuers, trusted, said in (
        (pems[0], True, "; an issuer that you trust vouches for it"),
        (other, False, "; no issuer that you trust vouches for it"),
    ):
        assert run("read", marked, "--trust", issuers) == cli.DONE
        assert said in capsys.readouterr().out
        assert run("read", marked, "--trust", issuers, "--json") == cli.DONE
        assert record(capsys)["manifest"]["trusted"] is trusted
    for wrong, said in ((marked, "holds no certificate"), (tmp_path / "none.pem", "No such file")):
        assert run("read", marked, "--trust", wrong) == cli.FAILED
        printed = capsys.readouterr()
        assert said in printed.err and printed.out == ""


def test_what_is_wrong_with_a_manifest_is_a_sentence_and_the_mark_is_read(
    marked: Path, tmp_path: Path, capsys: Capture
) -> None:
    signed = marked.read_bytes()
    store = find_store(signed)
    assert store is not None
    unsigned, other = (io.BytesIO() for _ in range(2))
    Image.open(marked).save(unsigned, "JPEG", quality=95)
    Image.open(marked).crop((0, 0, 640, 400)).save(other, "JPEG", quality=95)
    path = tmp_path / "photo.jpg"
    for data, said, is_signer_told in (
        (
            signed_by_us(unsigned.getvalue(), by=expired_signer()),
            "holds (the certificate has expired: nothing shows that it was valid when this was signed)",
            True,
        ),
        (signed.replace(b"c2pa.claim", b"c2pa.clown"), "damaged, cannot be read (", False),
        (signed.replace(b"Ann Lee", b"Ann Low"), "does not hold (cawg.metadata was changed)", True),
        (
            placement.place(other.getvalue(), "JPEG", len(store.store)).file(store.store),
            "does not belong to this picture (the picture is not the one that was signed, or it was changed",
            True,
        ),
    ):
        path.write_bytes(data)
        assert run("read", path) == cli.DONE
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith(f"{path}: pipe (text")
        assert lines[1].startswith(f"  C2PA manifest: {said}")
        assert any("nobody here has vouched for it" in line for line in lines) == is_signer_told


def test_a_manifest_that_is_not_kept_is_named(covers: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run("embed", covers / "theirs.jpg", "--text", "pipe", "-o", tmp_path / "out.jpg") == cli.DONE
    assert ", without C2PA manifest" in capsys.readouterr().out
    assert run("read", tmp_path / "out.jpg", "--json") == cli.DONE
    assert record(capsys)["manifest"] is None


def test_a_manifest_that_was_changed_is_not_kept(
    covers: Path, pems: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    theirs = (covers / "theirs.jpg").read_bytes()
    signing = ("--sign", pems[0], "--sign-key", pems[1], "--json")
    for name, data, is_kept in (
        ("changed-picture.jpg", theirs[:-40] + bytes([theirs[-40] ^ 1]) + theirs[-39:], True),
        ("changed-manifest.jpg", theirs.replace(b"digitalCapture", b"digitalCupture"), False),
        ("damaged-manifest.jpg", theirs.replace(b"c2pa.claim", b"c2pa.clown"), False),
    ):
        (tmp_path / name).write_bytes(data)
        out = tmp_path / f"out-{name}"
        assert run("embed", tmp_path / name, "--text", "pipe", "-o", out, *signing) == cli.DONE
        found = record(capsys)
        assert ("manifest" in found["removed"]) == (not is_kept), name
        assert found["manifest"]["ingredients"][0]["has_manifest"] == is_kept
        assert judged(out.read_bytes(), "JPEG")["validation_state"] == "Valid"


@pytest.mark.parametrize("served", [False, True])
def test_a_lost_manifest_is_found_by_the_mark(
    marked: Path, tmp_path: Path, site: str, published: Path, capsys: Capture, served: bool
) -> None:
    lost = tmp_path / "lost.png"
    Image.open(marked).resize((480, 320)).save(lost)
    place = site if served else published
    assert run("read", lost, "--json", "--manifests", place) == cli.DONE
    found = record(capsys)["manifest"]
    assert (found["verdict"], found["picture"], found["author"]) == ("valid", "by-mark", "Ann Lee")
    assert run("read", lost, "--json", "--manifests", tmp_path) == cli.DONE
    assert record(capsys)["manifest"] is None


def test_a_place_that_cannot_be_read_costs_no_reading(marked: Path, tmp_path: Path, capsys: Capture) -> None:
    lost = tmp_path / "lost.png"
    Image.open(marked).save(lost)
    for place in (tmp_path / "nowhere", "http://127.0.0.1:9/", "ftp://example.org/"):
        assert run("read", lost, "--manifests", place) == cli.FAILED
        said = capsys.readouterr()
        assert f"{lost}: pipe (text" in said.out
        assert f"The manifests at {place} cannot be read (" in said.err


@pytest.fixture(scope="module")
def published(marked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the marked picture's manifest was published in, twice."""
    folder = tmp_path_factory.mktemp("published") / "manifests"
    for _ in range(2):
        assert run("publish", marked, "-o", folder) == cli.DONE
    return folder


@pytest.fixture(scope="module")
def site(published: Path) -> Iterator[str]:
    """Its address, while it is served."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def answering(data: bytes, *, times: int = 1) -> Iterator[str]:
    """The address of a host that sends this to whoever asks, as often as told, with pauses between."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with suppress(OSError):
                for _ in range(times):
                    self.wfile.write(data)
                    time.sleep(0.05)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_a_host_sends_instead_of_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for answer in (
        b"\n",
        b"no HTTP\r\n\r\n",
        chunked + b"zz",
        chunked + b"9\r\nabc",
        b"HTTP/1.1 200\r\n" + b"a" * 70_000,
    ):
        with answering(answer) as address, pytest.raises(ManifestsUnreachable, match=rf"{address} .*\(\S"):
            asyncio.run(manifests.fetcher(address)("a.json"))
    for address in ("http://a b", "http://host:port"):
        with pytest.raises(ManifestsUnreachable):
            asyncio.run(manifests.fetcher(address)("a.json"))
    monkeypatch.setattr(manifests, "_SECONDS", 0.5)
    # It never pauses as long as that.
    drop = answering(b"HTTP/1.1 200 OK\r\n\r\n", times=20)
    with drop as address, pytest.raises(ManifestsUnreachable, match="takes too long"):
        asyncio.run(manifests.fetcher(address)("a.json"))


def test_what_is_published_has_the_shape_of_the_resolution_api(published: Path) -> None:
    files = sorted(str(path.relative_to(published)) for path in published.rglob("*") if path.is_file())
    assert files[0] == "by-binding/org.hushmark.mark.1/017069706500000000.json"
    assert files[2] == "services/supportedAlgorithms.json"
    (match,) = json.loads((published / files[0]).read_text())["matches"]
    assert files[1] == f"manifests/{match['manifestId'].replace(':', '_')}.c2pa"
    services = json.loads((published / files[2]).read_text())
    assert services == {"watermarks": [{"alg": "org.hushmark.mark.1"}], "fingerprints": []}


def test_what_does_not_hold_is_not_published(
    marked: Path, covers: Path, tmp_path: Path, capsys: Capture
) -> None:
    altered = bytearray(marked.read_bytes())
    altered[-40] ^= 1
    (tmp_path / "altered.jpg").write_bytes(altered)
    folder = tmp_path / "published"
    for path, said in (
        (covers / "cover.jpg", "has no manifest"),
        (covers / "theirs.jpg", "has no manifest that names a mark of Hushmark"),
        (tmp_path / "altered.jpg", "does not hold, so it is not published"),
    ):
        assert run("publish", path, "-o", folder) == cli.FAILED
        assert said in capsys.readouterr().err
    assert not folder.exists()


def test_what_cannot_sign_says_why_and_writes_nothing(
    covers: Path, pems: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    chain, key = pems
    expired = tmp_path / "expired.pem", tmp_path / "expired-key.pem"
    for path, data in zip(expired, make_test_certificate(days=-1), strict=True):
        path.write_bytes(data)
    moving = tmp_path / "moving.gif"
    moving.write_bytes(corpus.several()["moving.gif"])
    out = tmp_path / "out.gif"
    assert run("embed", moving, "--text", "pipe", "-o", out, "--sign", chain, "--sign-key", key) == cli.FAILED
    assert "animated GIF, which Hushmark marks but does not sign" in capsys.readouterr().err
    assert not out.exists()
    for arguments, code, said in (
        (("--sign", chain), cli.USAGE, "--sign and --sign-key together"),
        (("--note", "a"), cli.USAGE, "--author and --note are signed"),
        (("--sign", key, "--sign-key", key), cli.FAILED, "holds no certificate"),
        (("--sign", chain, "--sign-key", chain), cli.FAILED, "holds no private key"),
        (("--sign", chain, "--sign-key", expired[1]), cli.FAILED, "does not fit the first certificate"),
        (("--sign", expired[0], "--sign-key", expired[1]), cli.FAILED, "expired on 20"),
        (("--sign", tmp_path / "none.pem", "--sign-key", key), cli.FAILED, "No such file"),
    ):
        out = tmp_path / "out.jpg"
        assert run("embed", covers / "cover.jpg", "--text", "pipe", "-o", out, *arguments) == code, said
        assert said in capsys.readouterr().err
        assert not out.exists()


def test_the_manifest_of_a_mark_with_a_key_does_not_tell_its_message(
    covers: Path, pems: list[Path], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another format than the cover's, too: its manifest is kept all the same."""
    path, folder = tmp_path / "marked.webp", tmp_path / "published"
    monkeypatch.setenv("HUSHMARK_KEY", "open sesame")
    signing = ("--sign", pems[0], "--sign-key", pems[1], "--json")
    assert run("embed", covers / "theirs.jpg", "--text", "pipe", "-o", path, *signing) == cli.DONE
    found = record(capsys)
    assert found["warnings"] == ["manifest-picture"]
    assert found["manifest"]["actions"] == ["c2pa.opened", "c2pa.converted", "c2pa.watermarked.bound"]
    judgement = judged(path.read_bytes(), "WEBP")
    assert failures(judgement) == ["signingCredential.untrusted"]
    assert b"pipe" not in path.read_bytes()
    assert run("publish", path, "-o", folder) == cli.DONE

    lost = tmp_path / "lost.png"
    Image.open(path).save(lost)
    capsys.readouterr()
    assert run("read", lost, "--json", "--manifests", folder) == cli.DONE
    assert record(capsys)["manifest"]["picture"] == "by-mark"
    monkeypatch.delenv("HUSHMARK_KEY")
    assert run("read", lost, "--json", "--manifests", folder) == cli.UNREADABLE
    assert record(capsys)["manifest"] is None


WITHOUT = (
    "import sys; sys.modules['cryptography'] = None; from hushmark.cli.commands import main; sys.exit(main())"
)
"""The command line where cryptography is not installed."""


def test_without_its_packages_manifests_are_read_and_not_signed(
    marked: Path, covers: Path, pems: list[Path], tmp_path: Path
) -> None:
    def run_without(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITHOUT, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    read = run_without("read", marked)
    assert read.returncode == cli.DONE, read.stderr
    assert "not wholly checked (the signature cannot be checked here)" in read.stdout
    out = tmp_path / "out.jpg"
    signing = ("--sign", pems[0], "--sign-key", pems[1])
    for refused in (
        run_without("embed", covers / "cover.jpg", "--text", "pipe", "-o", out, *signing),
        run_without("publish", marked, "-o", tmp_path / "published"),
    ):
        assert refused.returncode == cli.FAILED
        assert "pip install 'hushmark[credentials]'" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_several_pictures_are_signed_in_processes_of_their_own(
    covers: Path, pems: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    signing = ("--sign", pems[0], "--sign-key", pems[1])
    pictures = [covers / "cover.jpg", covers / "theirs.jpg"]
    arguments = ("--random", "-o", tmp_path, "--jobs", 2, "--json", *signing)
    assert run("embed", *pictures, *arguments) == cli.DONE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["manifest"]["verdict"] for line in lines] == ["valid", "valid"]
    assert [line["manifest"]["ingredients"][0]["has_manifest"] for line in lines] == [False, True]
