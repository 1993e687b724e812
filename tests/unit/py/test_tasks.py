import io
import json
from typing import Any

import pytest
from hushmark import text
from hushmark.errors import MessageEmpty, MessageKind
from hushmark.pipeline import Attempt, Marked, TimedReading
from hushmark.progress import Progress
from hushmark.reading.reading import AlreadyMarked
from hushmark.tasks import File, Overlay, Preview, Tasks, failure, plain
from hushmark.trials import offered
from PIL import Image

from tests.support.fakes import CARD, SpreadForward, encoded, photo, run

NO_NETWORK: Any = None
MARK = {"kind": "text", "value": "pipe", "strength": 2.8}


def do(task: str, picture: File | None, options: dict[str, Any], **told: Any) -> Any:
    return run(Tasks(SpreadForward(), CARD, **told).run(task, picture, options))


def marked() -> Marked:
    answer: Marked = do("embed", File(encoded(photo(400, 300), "PNG"), "a.png"), MARK)
    return answer


def test_what_is_marked_is_read_from_plain_options() -> None:
    progress: list[Progress] = []
    first = marked()
    assert (first.name, first.check.message) == ("a-marked.png", text("pipe"))
    read: TimedReading = do(
        "read", File(first.data, "a.png"), {"known": "pipe, ours"}, on_progress=progress.append
    )
    assert read.reading.match is not None
    assert read.reading.match.label == "ours"
    shares = [each.share for each in progress]
    assert shares[:2] == [0, 0.5] and shares == sorted(shares)


def test_an_answer_is_the_same_plain_data_for_the_page_and_for_records() -> None:
    answer = marked()
    whole = plain(answer)
    assert whole["data"] == answer.data
    assert whole["difference"] == answer.difference()
    record = plain(answer, files=False)
    assert set(whole) - set(record) == {"data", "difference"}
    assert json.loads(json.dumps(record)) == record
    assert record["message"] == record["check"]["message"] == {"kind": "text", "value": "pipe"}
    assert (record["type"], record["file_format"]) == ("image/png", "PNG")
    check = record["check"]
    assert check["corners"] == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert (check["outcome"], check["reason"], check["match"]) == ("read", None, None)
    assert "window" not in check


def test_the_lab_tells_a_look_before_it_searches() -> None:
    picture, looks = File(marked().data, "a.png"), list[Any]()
    options = {"steps": [{"kind": "crop", "amount": 0.5}]}
    answer: Attempt = do("lab", picture, options, on_partial=looks.append)
    (look,) = looks
    assert look.reading.tried == 1 < answer.reading.tried
    assert look.preview == answer.preview
    do("lab", picture, {"steps": []}, on_partial=looks.append)
    assert len(looks) == 1  # it was read


def test_other_tasks() -> None:
    tile: Overlay = do("overlay", None, MARK)
    assert tile.data.startswith(b"\x89PNG")
    assert [kind["name"] for kind in plain(do("lab_kinds", None, {}))] == list(offered())


def test_a_preview_is_upright_and_small_and_takes_no_network() -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    picture = File(encoded(photo(2000, 1500), "TIFF", exif=tags), "a.tif")
    preview: Preview = run(Tasks(NO_NETWORK, CARD).run("preview", picture, {}))
    shown = Image.open(io.BytesIO(preview.data))
    assert shown.format == "JPEG"
    assert max(shown.size) == 1000


def test_errors_are_plain_data() -> None:
    with pytest.raises(AlreadyMarked) as caught:
        do("embed", File(marked().data, "b.png"), MARK)
    error = failure(caught.value)
    assert error["code"] == "already-marked"
    assert error["facts"] == {"name": "b.png", "kind": "text", "value": "pipe"}
    with pytest.raises(MessageEmpty):
        do("overlay", None, {"kind": "text", "value": ""})
    with pytest.raises(MessageKind):
        do("overlay", None, {"kind": "protected", "value": "7"})
