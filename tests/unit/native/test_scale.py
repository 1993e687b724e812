"""Many pictures: where they lie, what they are marked with, what becomes of them, and how a run goes on."""

import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest
from hushmark import sync
from hushmark.cli import commands as cli
from hushmark.credentials.binding import mark_value
from hushmark.errors import (
    FileKind,
    FileProblem,
    KnownEmpty,
    NothingFound,
    PictureFormat,
    RunExists,
    RunOther,
)
from hushmark.hosts.signing import make_test_certificate
from hushmark.message import kinds
from hushmark.message.kinds import Message
from hushmark.picture.container import Format
from hushmark.scale import known, plan, rows, stores
from hushmark.scale.engine import Job, TaskWorker
from hushmark.scale.ids import RunKey
from hushmark.scale.run_manifest import Run, RunManifest
from PIL import Image
from pyarrow import parquet

from tests.support.credentials import certificate, judged
from tests.support.pictures import sample_photo

ODD = "a b#1%20ü?[x].jpg"
KEY = RunKey(bytes(range(32)))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files in folders, of which some begin with a dot."""
    for name in ("a.jpg", "deep/er/b.png", f"deep/{ODD}", "deep/.c.jpg", ".d/e.jpg", "notes.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"file")
    return tmp_path / "in"


def places(pattern: str) -> list[str]:
    return sorted(each.place for each in stores.find(pattern))


def failures(table: list[rows.Row]) -> dict[str, str]:
    return {row["file"]: row["error"]["code"] for row in table}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["a.jpg", f"deep/{ODD}", "deep/er/b.png"]),
        ("/", ["a.jpg", f"deep/{ODD}", "deep/er/b.png"]),
        ("/*", ["a.jpg", "notes.txt"]),
        ("/*.jpg", ["a.jpg"]),
        ("/**/*.jpg", ["a.jpg", f"deep/{ODD}"]),
        ("/d*/**", [f"deep/{ODD}", "deep/er/b.png"]),
        ("/deep/*/b.*", ["er/b.png"]),
        ("/.d/*", ["e.jpg"]),
        ("/deep/.*.jpg", [".c.jpg"]),
        (f"/deep/{ODD}", [ODD]),
        ("/none/**", []),
        ("/none.jpg", ["none.jpg"]),
    ],
)
def test_a_folder_or_a_pattern_stands_for_files(tree: Path, pattern: str, found: list[str]) -> None:
    assert places(f"{tree}{pattern}") == found


@pytest.mark.parametrize(
    ("location", "root", "key", "again"),
    [
        ("s3://bucket/a b/c%20d?.jpg", "s3://bucket", "a b/c%20d?.jpg", "s3://bucket/a b/c%20d?.jpg"),
        ("gs://bucket", "gs://bucket", "", "gs://bucket/"),
        ("https://host:8/a%20b.jpg", "https://host:8", "a b.jpg", "https://host:8/a%20b.jpg"),
        ("/a/../b c.jpg", "", "b c.jpg", "/b c.jpg"),
        ("file:///a%20b.jpg", "", "a b.jpg", "/a b.jpg"),
    ],
)
def test_a_location_has_a_store_and_a_key(location: str, root: str, key: str, again: str) -> None:
    place = stores.address(location)
    assert (place.root, place.key, place.location) == (root, key, again)


def test_what_cannot_be_read_is_told(tree: Path) -> None:
    with pytest.raises(FileProblem, match=r"none\.jpg: There is no such file\.$"):
        stores.read(f"{tree}/none.jpg")
    with pytest.raises(FileProblem, match="Unable to recognise URL"):
        stores.read("ftp://host/a.jpg")
    with pytest.raises(FileProblem, match="A web server lists no files"):
        list(stores.find("http://127.0.0.1:9/*.jpg"))
    with pytest.raises(FileKind):
        stores.read(str(tree))


def test_a_file_has_its_name_when_it_is_whole(tree: Path) -> None:
    staging, target = f"{tree}/.hushmark-1", f"{tree}/new/{ODD}"
    stores.write(target, b"marked", by_way_of=staging, kind="image/jpeg")
    assert stores.read(target) == b"marked"
    stores.write(target, b"marked again", by_way_of=staging, kind="image/jpeg")
    assert stores.read(target) == b"marked again"
    assert list(stores.listed(staging)) == []
    stores.put(f"{staging}/left", b"by a process that was killed")
    stores.remove(staging)
    assert not Path(staging).exists()


def test_the_ids_of_a_run_follow_from_its_key_and_the_location() -> None:
    ids = [KEY.message(f"s3://bucket/{number}.jpg") for number in range(1000)]
    assert len(set(ids)) == 1000
    assert ids[7] == RunKey(bytes(range(32))).message("s3://bucket/7.jpg") == kinds.identifier(ids[7].value)
    assert RunKey.new().message("s3://bucket/7.jpg") != ids[7]
    assert KEY.secret.hex() not in repr(KEY)


def planned(pictures: list[str], to: Path, **options: object) -> plan.Plan:
    found = [stores.Found(f"/in/{place}", place) for place in pictures]
    # Options of several types are one dict here.
    return plan.marking(found, str(to), KEY.message, **{"output_format": None, **options})  # type: ignore[arg-type]


def test_each_picture_has_a_place_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "there.jpg").write_bytes(b"")
    made = planned(["a.jpg", "b/a.jpg", "there.jpg", "twin.heic", "twin.jpg", "alone.heic"], tmp_path)
    tasks = {task["file"]: task for task in made.tasks.to_pylist()}
    assert failures(made.refused) == {"/in/there.jpg": "output-exists"}
    assert tasks["/in/b/a.jpg"]["output"] == f"{tmp_path}/b/a.jpg"
    assert Message(tasks["/in/a.jpg"]["kind"], tasks["/in/a.jpg"]["value"]) == KEY.message("/in/a.jpg")
    assert ".jpg" in tasks["/in/twin.heic"]["taken"]  # it would be saved over the other one
    assert ".jpg" not in tasks["/in/twin.jpg"]["taken"]
    assert tasks["/in/alone.heic"]["taken"] == []
    assert len(planned(["there.jpg"], tmp_path, replaced={"/in/there.jpg"}).tasks) == 1


def test_pictures_that_would_be_written_to_one_place_are_refused(tmp_path: Path) -> None:
    made = planned(["a.jpg", "a.png", "b.png"], tmp_path, output_format="WEBP")
    assert failures(made.refused) == {"/in/a.jpg": "output-twice", "/in/a.png": "output-twice"}
    assert made.tasks.column("output").to_pylist() == [f"{tmp_path}/b.webp"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_lists_pictures(tree: Path, ending: str) -> None:
    files = [f"{tree}/deep/er/b.png", f"{tree}/deep/{ODD}", f"{tree}/a.jpg"]
    listed = tree.parent / f"list.{ending}"
    if ending == "csv":
        listed.write_text("note,file\n" + "".join(f'7,"{file}"\n' for file in files), encoding="utf-8")
    else:
        parquet.write_table(pa.table({"note": [1, 2, 3], "file": files}), listed)
    found = plan.sources([str(listed), f"{tree}/*.jpg"], leave_out=f"{tree}/deep/er")
    assert [each.place for each in found] == ["a.jpg", f"deep/{ODD}"]


def listing(folder: Path, files: object) -> list[stores.Found]:
    """What is found by a table with these in its column."""
    table = folder / "list.parquet"
    parquet.write_table(pa.table({"file": files}), table)
    return plan.sources([str(table)])


@pytest.mark.parametrize(
    ("first", "outside"),
    [
        ("https://host/a/1.jpg", "https://host/a/%2e%2e/../etc/x.jpg"),
        ("s3://bucket/a/1.jpg", "s3://bucket/a/../../x.jpg"),
        ("s3://bucket/1.jpg", "s3://../x.jpg"),
        ("https://host/a/1.jpg", "https://host/a/.."),
        ("https://host/a/1.jpg", "https://host/a/"),
    ],
)
def test_no_entry_of_a_table_leads_out_of_the_folder_for_marked_pictures(
    tmp_path: Path, first: str, outside: str
) -> None:
    found = listing(tmp_path, [first, outside])
    made = plan.marking(found, str(tmp_path / "out"), KEY.message, output_format=None)
    (bad,) = (each.location for each in found if each.location != first)
    assert failures(made.refused) == {bad: "file"}
    assert made.tasks.column("file").to_pylist() == [first]


def test_an_odd_entry_of_a_table_costs_only_itself(tmp_path: Path) -> None:
    for odd in (
        "-x://y.jpg",
        "http://[x/a.jpg",
        "nul\0.jpg",
        "s3://bucket/a/../b.jpg",
        "https://host//.",
        "",
    ):
        (each,) = listing(tmp_path, [odd])
        with pytest.raises((FileProblem, FileKind)):
            stores.read(each.location)
    for column in ([{"a": 1}], [b"\xff.jpg"]):
        with pytest.raises(FileProblem, match="column file has no texts"):
            listing(tmp_path, column)


def test_without_pictures_there_is_no_run(tree: Path) -> None:
    for arguments in ([f"{tree}/*.webp"], [f"{tree}/a.jpg", f"{tree}/none/"]):
        with pytest.raises(NothingFound, match=r"There is no picture at .*/(\*\.webp|none/)\."):
            plan.sources(arguments)
    with pytest.raises(NothingFound):
        plan.sources([f"{tree}/**/*.jpg"], leave_out=str(tree))
    (tree / "list.csv").write_text("name\na.jpg\n")
    with pytest.raises(FileProblem, match="no column file"):
        plan.sources([f"{tree}/list.csv"])
    (tree / "list.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(FileProblem, match="The table cannot be read"):
        plan.sources([f"{tree}/list.parquet"])


def test_tables_and_texts_have_known_ids(tmp_path: Path) -> None:
    texts, table, ours = (tmp_path / name for name in ("ids.txt", "ids.csv", "ids.parquet"))
    texts.write_text("number:12, twelve\n0123456789abcdef\n")
    table.write_text("label,message\ntwelve,number:12\n,0123456789abcdef\n")
    messages = [{"kind": "number", "value": "12"}, None, {"kind": "id", "value": "0123456789abcdef"}]
    files = ["/in/12.jpg", "/in/failed.jpg", "/in/b.jpg"]
    parquet.write_table(pa.table({"file": files, "message": messages}), ours)
    for path in (texts, table, ours):
        found = known.load(str(path))
        assert len(found) == 2
        assert kinds.number(12) in found and kinds.identifier("0123456789abcdef") in found
    parquet.write_table(pa.table({"file": files}), ours)
    with pytest.raises(FileProblem, match="no column message"):
        known.load(str(ours))
    table.write_text("message\n")
    with pytest.raises(KnownEmpty):
        known.load(str(table))


def test_a_table_says_what_each_picture_is_marked_with(tmp_path: Path) -> None:
    given, ours = tmp_path / "ids.csv", tmp_path / "run.parquet"
    given.write_text(
        "file,message,note\ns3://in/a b.jpg,number:12,x\n/in/../in/b.jpg,0123456789abcdef,\n/c.jpg,,\n"
    )
    files = ["s3://in/a b.jpg", "/in/b.jpg", "/c.jpg"]
    messages = [{"kind": "number", "value": "12"}, {"kind": "id", "value": "0123456789abcdef"}, None]
    parquet.write_table(pa.table({"file": files, "message": messages}), ours)
    for path in (given, ours):
        assert known.by_file(str(path)) == {
            "s3://in/a b.jpg": kinds.number(12),
            "/in/b.jpg": kinds.identifier("0123456789abcdef"),
        }
    for text, said in (
        ("file,note\na.jpg,12\n", "no column message"),
        ("message\npipe\n", "no column file"),
        ("file,message\n", "no row with file and message"),
        ("file,message\n/a.jpg,number:-1\n", r"What it has for /a\.jpg is no message\. .*number"),
        ("file,message\n/a.jpg,one\n/in/../a.jpg,two\n", r"two messages for /in/\.\./a\.jpg"),
    ):
        given.write_text(text)
        with pytest.raises(FileProblem, match=said):
            known.by_file(str(given))


def marked_row(file: str, output: str) -> rows.Row:
    return {"file": file, "output": output, "file_format": "JPEG"}


def failed_row(file: str) -> rows.Row:
    return rows.of_error(file, PictureFormat(file, None))


def table(*made: rows.Row) -> pa.Table:
    return pa.Table.from_pylist(list(made), rows.MARKED)


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    location, wanted = str(tmp_path / "out.parquet"), Run("mark", "/out", KEY)
    RunManifest(location, rows.MARKED, wanted, resume=False)  # and cut off at once
    other = Run("mark", "/out", RunKey.new())
    second = RunManifest(location, rows.MARKED, other, resume=True)
    assert second.is_resumed and second.run == wanted
    second.add(table(marked_row("a", "/out/a"), failed_row("b")))
    second.flush()
    third = RunManifest(location, rows.MARKED, other, resume=True)
    assert third.done == {"a"} and third.failed == {"b": "picture-format"}
    third.add(table(marked_row("b", "/out/b"), failed_row("c")))
    assert third.finish("file_format") == Counter({"JPEG": 2, None: 1})
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]
    fourth = RunManifest(location, rows.MARKED, other, resume=True)
    assert fourth.run == wanted and fourth.done == {"a", "b"}
    fourth.add(table(marked_row("c", "/out/c")))
    fourth.finish("file_format")
    kept = parquet.read_table(location).to_pylist()
    assert {row["file"]: row["output"] for row in kept} == {"a": "/out/a", "b": "/out/b", "c": "/out/c"}


def test_a_manifest_belongs_to_one_run(tmp_path: Path) -> None:
    location, wanted = str(tmp_path / "out.parquet"), Run("mark", "/out", KEY)
    RunManifest(location, rows.MARKED, wanted, resume=False).finish("file_format")
    with pytest.raises(RunExists):
        RunManifest(location, rows.MARKED, wanted, resume=False)
    with pytest.raises(RunOther, match="mark to /out"):
        RunManifest(location, rows.MARKED, Run("mark", "/elsewhere", KEY), resume=True)
    said = wanted.to_json()
    for facts in (
        b"",
        b"[]",
        said.replace(KEY.secret.hex().encode(), b""),
        said.replace(b'"mark"', b"null, 1"),
    ):
        file = pa.table({"file": ["a"]}).replace_schema_metadata({b"hushmark.run": facts} if facts else None)
        parquet.write_table(file, location)
        with pytest.raises(FileProblem, match="not the manifest of a run"):
            RunManifest(location, rows.MARKED, wanted, resume=True)


worker_for = cache(TaskWorker)
"""As the networks take seconds to load, runs share what loaded them."""


class InThisProcess:
    """Stands for an engine of others: one worker, one task at a time, and it may fail after some."""

    def __init__(self, until: int | None = None) -> None:
        self.until = until
        self.asked: list[str] = []

    def run(self, job: Job, tasks: pa.Table, workers: int, cluster: str | None) -> Iterator[pa.Table]:
        worker = worker_for(job)
        for task in tasks.to_pylist()[: self.until]:
            self.asked.append(Path(task["file"]).name)
            yield worker.do([task])
        if self.until is not None:
            raise RuntimeError("Traceback\nthe cluster is gone")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[InThisProcess], InThisProcess]:
    def put(made: InThisProcess) -> InThisProcess:
        # It stands in for a module.
        monkeypatch.setitem(sys.modules, "hushmark.scale.on_daft", made)  # type: ignore[arg-type]
        return made

    return put


def small_photo() -> Image.Image:
    return Image.open(io.BytesIO(sample_photo("rocket.jpg"))).crop((200, 60, 500, 260))


def photos(folder: Path, *names: str) -> None:
    """A new folder with the small photo under each of the names."""
    folder.mkdir()
    for name in names:
        small_photo().save(folder / name, quality=95)


def test_a_run_marks_each_picture_once_and_goes_on_where_it_ended(
    tmp_path: Path,
    engine: Callable[[InThisProcess], InThisProcess],
    capsys: pytest.CaptureFixture[str],
) -> None:
    photos(tmp_path / "in", "a.jpg", "b.JPG", "d.png", "e.jpg")
    (tmp_path / "in" / "c.jpg").write_bytes(b"no picture")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "e.jpg").write_bytes(b"of somebody else")
    manifest = tmp_path / "out.parquet"
    command = ["mark-all", f"{tmp_path}/in", "--to", f"{tmp_path}/out", "--manifest", str(manifest)]
    command += ["--ids", "random"]

    engine(InThisProcess(until=2))
    assert cli.main(command) == cli.FAILED
    assert "daft ended before all pictures were done (the cluster is gone)" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.jpg", "b.JPG", "e.jpg"]
    before = (tmp_path / "out" / "a.jpg").read_bytes()
    assert cli.main(command) == cli.FAILED
    assert (
        "has a run already. Choose another manifest. Or go on with it: --resume." in capsys.readouterr().err
    )

    rest = engine(InThisProcess())
    assert cli.main([*command, "--resume"]) == cli.FAILED
    said = capsys.readouterr()
    assert said.out == f"{manifest}: 3 marked, 2 failed\n"
    assert f"{tmp_path}/in/c.jpg is not a picture in a known format." in said.err
    assert f"{tmp_path}/out/e.jpg exists already." in said.err
    assert (tmp_path / "out" / "e.jpg").read_bytes() == b"of somebody else"
    assert rest.asked == ["c.jpg", "d.png"]
    kept = {Path(row["file"]).name: row for row in parquet.read_table(manifest).to_pylist()}
    assert len(kept) == 5 and json.loads(kept["c.jpg"]["error"]["facts"]) == {"name": f"{tmp_path}/in/c.jpg"}
    assert kept["b.JPG"]["output"] == f"{tmp_path}/out/b.JPG"
    assert (tmp_path / "out" / "a.jpg").read_bytes() == before

    # What failed is tried again, and ids are those of the run.
    small_photo().save(tmp_path / "in" / "c.jpg", quality=95)
    (tmp_path / "out" / "e.jpg").unlink()
    assert cli.main([*command, "--resume"]) == cli.DONE
    reading = [
        "read-all",
        f"{tmp_path}/out/",
        "--manifest",
        f"{tmp_path}/read.parquet",
        "--known",
        str(manifest),
    ]
    assert cli.main(reading) == cli.DONE
    assert capsys.readouterr().out.endswith("5 read, 0 marked but not readable, 0 without a mark, 0 failed\n")
    ids = {row["file"]: row["message"] for row in parquet.read_table(manifest).to_pylist()}
    for row in parquet.read_table(tmp_path / "read.parquet").to_pylist():
        assert row["match"]["label"].endswith(Path(row["file"]).name)
        assert row["message"] == ids[row["match"]["label"]]


@pytest.fixture
def web_server(tmp_path: Path) -> Iterator[str]:
    """Serves the folder tmp_path/served."""
    (tmp_path / "served").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pictures_of_a_web_server_are_marked_and_a_bar_shows_how_far_it_is(
    tmp_path: Path,
    web_server: str,
    engine: Callable[[InThisProcess], InThisProcess],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small_photo().save(tmp_path / "served" / "a b.jpg", quality=95)
    listed = tmp_path / "in.csv"
    listed.write_text(f"file\n{web_server}/a%20b.jpg\n{web_server}/none.jpg\n")
    engine(InThisProcess())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    command = ["mark-all", str(listed), "--to", f"{tmp_path}/out", "--manifest", f"{tmp_path}/out.parquet"]
    assert cli.main([*command, "--ids", "random"]) == cli.FAILED
    told = capsys.readouterr().err
    assert f"{web_server}/none.jpg: There is no such file." in told
    assert "2/2" in told
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a b.jpg"]


def test_an_archive_is_marked_with_its_own_ids_and_signed(
    tmp_path: Path,
    engine: Callable[[InThisProcess], InThisProcess],
    capsys: pytest.CaptureFixture[str],
) -> None:
    photos(tmp_path / "in", "a.jpg", "b.png")
    pems = [tmp_path / "chain.pem", tmp_path / "key.pem"]
    for pem, data in zip(pems, certificate(), strict=True):
        pem.write_bytes(data)
    ids, manifest = tmp_path / "ids.csv", tmp_path / "out.parquet"
    ids.write_text(f"file,message\n{tmp_path}/in/a.jpg,number:77\n")
    command = ["mark-all", f"{tmp_path}/in", "--to", f"{tmp_path}/out", "--manifest", str(manifest)]
    command += ["--sign", str(pems[0]), "--sign-key", str(pems[1]), "--author", "Ann Lee", "--ids"]
    engine(InThisProcess())
    assert cli.main([*command, str(ids)]) == cli.FAILED
    said = capsys.readouterr()
    assert f"{tmp_path}/in/b.png has no message in {ids}. Add a row with its location" in said.err
    ids.write_text(ids.read_text() + f"{tmp_path}/in/b.png,0123456789ABCDEF\n")
    assert cli.main([*command, "random", "--resume"]) == cli.FAILED
    assert f"of another run (mark to {tmp_path}/out, ids of {ids})" in capsys.readouterr().err
    assert cli.main([*command, str(ids), "--resume"]) == cli.DONE

    kept = {Path(row["file"]).name: row for row in parquet.read_table(manifest).to_pylist()}
    expected: tuple[tuple[str, Message, Format], ...] = (
        ("a.jpg", kinds.number(77), "JPEG"),
        ("b.png", kinds.identifier("0123456789abcdef"), "PNG"),
    )
    for name, message, file_format in expected:
        row, data = kept[name], (tmp_path / "out" / name).read_bytes()
        assert row["message"] == {"kind": message.kind, "value": message.value}
        assert sync.read(data).message == message
        assert (row["manifest"]["verdict"], row["manifest"]["author"]) == ("valid", "Ann Lee")
        judgement = judged(data, file_format)
        assert judgement["validation_state"] == "Valid"
        (binding,) = row["manifest"]["bindings"]
        assert binding["value"] == mark_value(message, None).hex()


def test_who_cannot_sign_marks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for name, data in zip(("chain.pem", "key.pem"), make_test_certificate(days=-1), strict=True):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    (tmp_path / "a.jpg").write_bytes(sample_photo("rocket.jpg"))
    command = ["mark-all", f"{tmp_path}/a.jpg", "--to", f"{tmp_path}/out", "--ids", "random"]
    command += ["--manifest", f"{tmp_path}/out.parquet"]
    assert cli.main([*command, "--sign", str(paths[0]), "--sign-key", str(paths[1])]) == cli.FAILED
    assert "expired on 20" in capsys.readouterr().err
    assert cli.main([*command, "--sign", str(paths[0])]) == cli.USAGE
    assert cli.main([*command[:-3], "rundom", *command[-2:]]) == cli.USAGE
    assert "--ids is random, or a table that ends in .parquet or .csv" in capsys.readouterr().err
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("gone", ["obstore", "daft"])
def test_what_is_not_installed_is_told(
    tree: Path, gone: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, gone, None)
    for name in [name for name in sys.modules if name.startswith("hushmark.scale.")]:
        monkeypatch.delitem(sys.modules, name)
    assert cli.main(["read-all", f"{tree}/a.jpg", "--manifest", f"{tree}/read.parquet"]) == cli.FAILED
    said = capsys.readouterr().err
    assert said == "Many pictures need packages that are not installed: pip install 'hushmark[daft]'.\n"
