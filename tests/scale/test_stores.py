"""The stores that URLs name: S3, Google's and Azure's, each reached as its own tools' settings say."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hushmark.errors import FileProblem
from hushmark.scale import stores

from tests.scale import azure_server, s3_server
from tests.scale.azure_server import ACCOUNT

FILES = {"in/a b.jpg": b"one", "in/c/d.JPG": b"two", "in/e.txt": b"three"}


@dataclass
class Place:
    """A bucket with `FILES`. `kind_of`: the MIME type that it keeps of a file."""

    url: str
    environment: dict[str, str]
    names: Callable[[], list[str]]
    kind_of: Callable[[str], str]


@contextmanager
def s3(scheme: str) -> Iterator[Place]:
    """S3; Google's store has the same API with other names for two headers."""
    with s3_server.running() as server:
        server.fill("bucket", FILES)
        address = server.environment["AWS_ENDPOINT_URL"]
        account = {"client_email": "", "private_key": "", "private_key_id": ""}
        google = json.dumps({**account, "gcs_base_url": address, "disable_oauth": True})
        environments = {
            "s3": {name: text for name, text in server.environment.items() if name.startswith("AWS_")},
            "gs": {"GOOGLE_SERVICE_ACCOUNT_KEY": google},
        }
        yield Place(
            f"{scheme}://bucket",
            environments[scheme],
            lambda: server.names("bucket"),
            lambda key: str(server.client.head_object(Bucket="bucket", Key=key)["ContentType"]),
        )


@contextmanager
def azure() -> Iterator[Place]:
    files = {f"box/{key}": data for key, data in FILES.items()}
    kinds: dict[str, str] = {}
    with azure_server.running(files, kinds) as address:
        environment = {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": "c29tZXRoaW5n",
            "AZURE_STORAGE_USE_EMULATOR": "true",
            "AZURITE_BLOB_STORAGE_URL": address,
        }
        yield Place(
            "az://box",
            environment,
            lambda: sorted(path.removeprefix("box/") for path in files),
            lambda key: kinds[f"box/{key}"],
        )


@pytest.fixture(params=["s3", "gs", "az"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with azure() if request.param == "az" else s3(request.param) as place:
        for name, text in place.environment.items():
            monkeypatch.setenv(name, text)
        stores._store.cache_clear()
        yield place
        stores._store.cache_clear()


def test_files_are_found_read_written_and_removed_in_every_store(place: Place) -> None:
    url = place.url
    assert [each.location for each in stores.find(f"{url}/in/*.jpg")] == [f"{url}/in/a b.jpg"]
    assert sorted(each.place for each in stores.find(f"{url}/in/")) == ["a b.jpg", "c/d.JPG"]
    assert stores.read(f"{url}/in/a b.jpg") == b"one"
    assert stores.exists(f"{url}/in/c/d.JPG") and not stores.exists(f"{url}/in/none.jpg")
    with pytest.raises(FileProblem, match=r"in/none\.jpg: There is no such file\.$"):
        stores.read(f"{url}/in/none.jpg")
    staging, target = f"{url}/out/.hushmark-1", f"{url}/out/ü f.jpg"
    for data in (b"marked", b"marked again"):
        stores.write(target, data, by_way_of=staging, kind="image/jpeg")
        assert stores.read(target) == data
    assert place.names() == [*FILES, "out/ü f.jpg"]
    assert place.kind_of("out/ü f.jpg") == "image/jpeg"
    stores.put(f"{staging}/left", b"by a process that was killed")
    stores.remove(f"{url}/out")
    assert place.names() == [*FILES]
