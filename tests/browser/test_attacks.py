"""Other sites try to get into ours, in a real browser: nothing of theirs is stored, served or run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app import HICCUP_MS, until
from tests.browser.serving import serving_bare
from tests.support.pictures import sample_path

SCRIPT = "<!doctype html><title>Owned</title><script>localStorage.owned = 'yes'</script>Owned"
FORM = """<form action="{action}" method="post" enctype="multipart/form-data" target="_top">
<input type="file" name="pictures" multiple /></form>
<script>
    const transfer = new DataTransfer();
    transfer.items.add(new File([`{script}`], "owned.html", {{ type: "text/html" }}));
    transfer.items.add(new File([`{script}`], "owned.png", {{ type: "image/png" }}));
    document.querySelector("input").files = transfer.files;
    document.querySelector("form").submit();
</script>"""
FRAME = '<iframe sandbox="allow-forms allow-scripts allow-top-navigation" src="form.html"></iframe>'
PLACES = ("share/0/owned.html", "share/1/owned.png", "share/0", "share/1", "share/owned.html", "share")
STORED = """async () => {
    const texts = [];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const response of await cache.matchAll()) texts.push(await response.text());
    }
    return texts.filter((text) => text.includes("localStorage.owned")).length;
}"""
SHARED_FILES = """async () => {
    const shared = await (await caches.open("hushmark-shared")).matchAll();
    const told = async (response) => [response.headers.get("Content-Type"), (await response.blob()).size];
    return Promise.all(shared.map(told));
}"""
POISON = """async (text) => {
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        const headers = { "Content-Type": "text/html" };
        for (const { url } of await cache.keys()) {
            if (!/(index[.]html|licenses[.]txt)$/.test(url)) continue;
            await cache.put(url, new Response(text, { headers }));
        }
        await cache.put(new URL("planted.html", location.href).href, new Response(text, { headers }));
        const list = await (await cache.match(new URL("manifest.json", location.href).href))?.json();
        if (!list) continue;
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
        const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        list.files.planted = { ...list.files["main.js"], url: "planted.html", sha256 };
        const listed = new Response(JSON.stringify(list));
        await cache.put(new URL("manifest.json", location.href).href, listed);
    }
}"""


@pytest.fixture
def victim(browser: Browser, url: str) -> Iterator[Page]:
    """The page with its service worker at work. What attacks make the console say is no failure."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(HICCUP_MS)
    page.goto(url)
    until(
        page,
        "navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === 'activated')",
    )
    page.reload()
    yield page
    context.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["other-site", "other-port"])
@pytest.mark.parametrize(
    ("entry", "referrer"),
    [("form.html", ""), ("form.html", "no-referrer"), ("frame.html", "")],
    ids=["form", "form-of-null-origin", "sandboxed-frame"],
)
def test_a_form_of_another_site_cannot_plant_a_page(
    victim: Page, url: str, tmp_path: Path, host: str, entry: str, referrer: str
) -> None:
    policy = f'<meta name="referrer" content="{referrer}" />' if referrer else ""
    script = SCRIPT.replace("</script>", "<\\/script>")
    (tmp_path / "form.html").write_text(policy + FORM.format(action=f"{url}share", script=script))
    (tmp_path / "frame.html").write_text(FRAME)
    with serving_bare(tmp_path) as address:
        attack = victim.context.new_page()
        attack.goto(address.replace("127.0.0.1", host) + entry)
        attack.wait_for_url(f"{url}**", timeout=HICCUP_MS)
        if (entry, referrer) != ("form.html", "") and "#read" in attack.url:
            # It could hide where it came from. What it sent was no picture, and is named for that.
            expect(attack.locator("#screen-read")).to_contain_text("owned.html, owned.png was shared")
        else:
            expect(attack.locator("body")).to_contain_text("takes no pictures from other sites")
            assert victim.evaluate("caches.has('hushmark-shared')") is False
    assert victim.evaluate(STORED) == 0
    for place in PLACES:
        attack.goto(url + place)
        assert attack.title() != "Owned", place
    attack.goto(url)
    expect(attack.get_by_role("heading", level=1)).to_have_text("Mark")
    assert attack.evaluate("localStorage.owned") is None


def test_a_shared_picture_has_our_type_and_no_address(victim: Page, url: str) -> None:
    """A picture whose file name and type are those of a page; of a page that says it is one nothing stays."""
    other = victim.context.new_page()
    other.set_content(
        f'<form action="{url}share" method="post" enctype="multipart/form-data">'
        '<input type="file" name="pictures" multiple /><button>Share</button></form>'
    )
    jpeg = sample_path("rocket.jpg").read_bytes()
    other.locator("input").set_input_files(
        [
            {"name": "../index.html", "mimeType": "text/html", "buffer": jpeg},
            {"name": "owned.png", "mimeType": "image/png", "buffer": SCRIPT.encode()},
        ]
    )
    # The page does not take what is there, as when it crashes at its start. (A route of the whole context
    # waits for all workers to answer, and so for ever when one is just being ended.)
    other.add_init_script("CacheStorage.prototype.has = async () => false;")
    other.get_by_role("button", name="Share").click()
    other.wait_for_url(f"{url}#read")
    assert victim.evaluate(SHARED_FILES) == [["image/jpeg", len(jpeg)], ["application/octet-stream", 0]]
    for place in ("share/0", "share/0/..%2Findex.html", "share/0/index.html"):
        response = other.goto(url + place)
        assert response is not None
        assert response.status == 404, place
        # What a page loads is answered in another way than pages.
        status = "(address) => fetch(address).then(({ status }) => status)"
        assert victim.evaluate(status, url + place) == 404, place


def test_what_a_script_writes_into_the_caches_is_never_opened_as_a_page(victim: Page, url: str) -> None:
    victim.evaluate(POISON, SCRIPT)
    for place in ("", "index.html?a=b"):
        victim.goto(url + place)
        expect(victim.get_by_role("heading", level=1)).to_have_text("Mark")
    for place in ("planted.html", "licenses.txt"):
        victim.goto(url + place)
        assert "Owned" not in victim.content()
    victim.goto(url)
    assert victim.evaluate("localStorage.owned") is None
