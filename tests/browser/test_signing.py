"""Pictures are signed in the page with people's own key, and what was lost is found again by the mark."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hushmark.cli.manifests import publish
from hushmark.credentials.binding import mark_value
from hushmark.credentials.manifest import find_store
from hushmark.hosts.signing import make_test_certificate
from hushmark.message.kinds import text
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from tests.browser.access import assert_accessible
from tests.browser.app import PATIENCE_MS, App
from tests.browser.lists import empty, unzipped
from tests.support.credentials import certificate, failures, judged

UNTRUSTED = ["signingCredential.untrusted"]
"""What the reference implementation says of every certificate that is not in its list."""
SIGNER = "Hushmark test certificate, not trusted"


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A certificate with its key, and what does not go with it."""
    chain, key = certificate()
    own = serialization.load_pem_private_key(key, None)
    form, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    locked = serialization.BestAvailableEncryption(b"open sesame")
    plain = serialization.NoEncryption()
    files = {
        "chain.pem": chain,
        "key.pem": key,
        "expired.pem": make_test_certificate(days=-1)[0],
        "locked.pem": own.private_bytes(encoding, form, locked),
        "rsa.pem": rsa.generate_private_key(65537, 2048).private_bytes(encoding, form, plain),
        "other.pem": ec.generate_private_key(ec.SECP256R1()).private_bytes(encoding, form, plain),
    }
    folder = tmp_path_factory.mktemp("pems")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in files}


def signing(panel: Locator) -> Locator:
    """The part of the form that says who signs, opened."""
    part = panel.locator("details.signing")
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    return part


def look_for_lost_manifest(app: App, signed: bytes, folder: Path) -> None:
    """Publish the manifest of a signed picture, lose it, and have the Read screen find it again."""
    found = find_store(signed)
    assert found is not None
    published = folder / "published"
    publish(published, found.store, [mark_value(text("pipe"), None).hex()])
    lost = folder / "lost.png"
    Image.open(io.BytesIO(signed)).resize((480, 360)).save(lost)

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        path = published / route.request.url.partition("/manifests/")[2]
        route.fulfill(body=path.read_bytes(), content_type="application/json")

    asked: list[str] = []
    app.page.route("**/manifests/**", answer)
    panel = app.read(lost)
    expect(panel.locator(".answer")).to_have_text("“pipe”")
    assert asked == []  # before people say so
    part = panel.locator("section.manifest:visible")
    address = part.get_by_label("Address of published manifests")
    own = address.input_value()
    assert own == app.page.evaluate("new URL('manifests/', document.baseURI).href")
    for typed, said in (("https://", "This is no address"), ("https://example.org/", "not to example.org")):
        address.fill(typed)
        part.get_by_role("button", name="Look there").click()
        expect(part.get_by_role("alert")).to_contain_text(said)
    address.fill(own)
    part.get_by_role("button", name="Look there").click()
    expect(part).to_contain_text("Found by the mark.")
    expect(part).to_contain_text("Ann Lee (as the signer says)")
    expect(part.get_by_role("heading")).to_be_focused()
    assert len(asked) == 2
    assert_accessible(app.page)

    # The same in a folder.
    app.read(lost)
    expect(part).to_contain_text("This picture has none.")
    with app.page.expect_file_chooser() as chooser:
        part.get_by_text("Look in a folder").click()
    chooser.value.set_files(published)
    expect(part).to_contain_text("Found by the mark.")


def test_pictures_are_signed_with_ones_own_key(
    visit: App, pems: dict[str, Path], pictures: list[Path], tmp_path: Path
) -> None:
    panel = visit.choose(*pictures[:2])
    visit.say(panel, "pipe")
    part = signing(panel)
    chain, key = part.get_by_label("Certificates (PEM)"), part.get_by_label("Private key (PEM)")
    for certificates, private, said in (
        ("key.pem", "key.pem", "key.pem holds no certificate"),
        ("expired.pem", "key.pem", "The certificate in expired.pem expired on 20"),
        ("chain.pem", "chain.pem", "chain.pem holds no private key"),
        ("chain.pem", "locked.pem", "The key in locked.pem is locked with a passphrase"),
        ("chain.pem", "rsa.pem", "The key in rsa.pem is of another kind, such as RSA"),
        ("chain.pem", "other.pem", "The key in other.pem does not fit the first certificate"),
    ):
        key.set_input_files(pems[private])
        chain.set_input_files(pems[certificates])
        expect(part.get_by_role("alert")).to_contain_text(said, timeout=PATIENCE_MS)
        expect(part.get_by_label("Sign the pictures")).to_be_hidden()
    key.set_input_files(pems["key.pem"])
    part.locator("summary").focus()
    visit.page.keyboard.press("Tab")
    expect(chain).to_be_focused()
    ring = "(element) => getComputedStyle(element.parentElement).outlineStyle"
    assert chain.evaluate(ring) == "solid"
    expect(part.get_by_role("status")).to_contain_text(f"Signs as “{SIGNER}” until")
    expect(part.get_by_role("alert")).to_be_empty()
    expect(part.locator("summary")).to_have_text(f"Signs as {SIGNER}")
    part.get_by_label("Author").fill("Ann Lee")
    part.get_by_label("Note for everybody").fill("Über den Wolken")
    part.get_by_label("Keep certificate and key").check()
    assert_accessible(visit.page)

    panel.get_by_role("button", name="Mark 2 pictures").click()
    visit.await_batch(panel)
    expect(panel.get_by_role("listitem").first).to_contain_text("signed")
    files = unzipped(visit, panel.get_by_role("button", name="Save all as ZIP"))
    assert len(files) == 2
    # Else this list may come back on the next visit, before or after a picture is chosen there.
    empty(visit, panel)
    for data in files.values():
        judgement = judged(data, "JPEG")
        assert judgement["validation_state"] == "Valid"
        assert failures(judgement) == UNTRUSTED
        (manifest,) = judgement["manifests"].values()
        said = next(each["data"] for each in manifest["assertions"] if each["label"] == "cawg.metadata")
        assert (said["dc:creator"], said["dc:description"]) == (["Ann Lee"], "Über den Wolken")
        signed = datetime.fromisoformat(manifest["assertions"][0]["data"]["actions"][0]["when"])
        assert abs((datetime.now(UTC) - signed).total_seconds()) < 3600
    look_for_lost_manifest(visit, data, tmp_path)

    # What is kept signs on the next visit, and is gone when people say so.
    visit.page.reload()
    panel = visit.choose(pictures[2])
    part = panel.locator("details.signing[open]")
    expect(part.get_by_role("status")).to_contain_text("Signs as", timeout=PATIENCE_MS)
    expect(part.get_by_label("Author")).to_have_value("Ann Lee")
    visit.say(panel, "pipe")
    panel.get_by_role("button", name="Mark picture").click()
    visit.await_batch(panel)
    kept = visit.download(tmp_path).read_bytes()
    assert failures(judged(kept, "JPEG")) == UNTRUSTED
    part.get_by_role("button", name="Forget").click()
    assert (
        visit.page.evaluate(
            """async () => await new Promise((resolve) => {
            indexedDB.open("hushmark-signing").onsuccess = ({ target: { result } }) => {
                result.transaction("signing").objectStore("signing").count().onsuccess = (event) => {
                    result.close();
                    resolve(event.target.result);
                };
            };
        })"""
        )
        == 0
    )

    panel.locator(".stage").get_by_role("slider", name="See another strength").fill("2")
    panel.locator(".stage").get_by_role("button", name="Mark at strength").click()
    expect(panel.locator(".error", has_text="the key is not here any more")).to_be_visible()

    # To try it out, a certificate is made.
    part.get_by_role("button", name="Make a test certificate").click()
    expect(part.get_by_role("status")).to_contain_text(f"Signs as “{SIGNER}” until")
    panel.get_by_role("button", name="Mark it again, like this").click()
    expect(panel.locator("[data-state=marked]")).to_have_count(1)
    visit.await_batch(panel)
    again = visit.download(tmp_path).read_bytes()
    assert again != kept
    assert failures(judged(again, "JPEG")) == UNTRUSTED
