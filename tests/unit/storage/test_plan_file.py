"""A saved plan comes back as it went in, or is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker.domain.canonical import digest
from broker.domain.errors import PlanFileInvalid, Unwritable
from broker.storage.plan_file import FORMAT, MAXIMUM_BYTES, PlanFiles

DOCUMENT = {"format_version": "1.2", "fleet": "research", "names": ["é", "ü"], "nodes": 3}


def saved(folder: Path) -> Path:
    path = folder / "train.plan"
    PlanFiles().save(path, DOCUMENT)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(PlanFileInvalid) as failure:
        PlanFiles().load(path)
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.subject == str(path)
    assert diagnostic.hint
    return diagnostic.code


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "train.plan"

    own_digest = PlanFiles().save(path, DOCUMENT)

    assert PlanFiles().load(path) == DOCUMENT
    assert own_digest == digest(DOCUMENT)


def test_the_same_plan_is_the_same_bytes(tmp_path: Path) -> None:
    first = saved(tmp_path).read_bytes()

    assert saved(tmp_path).read_bytes() == first


def test_layout_does_not_matter(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))

    assert PlanFiles().load(path) == DOCUMENT


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    # Without its last line break it is still whole.
    content = path.read_bytes().rstrip()

    for size in range(len(content)):
        path.write_bytes(content[:size])
        assert refusal(path) == "plan-file-damaged"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"plan": DOCUMENT | {"nodes": 4}}, "plan-file-damaged"),
        ({"plan": DOCUMENT | {"nodes": 3.0}}, "plan-file-damaged"),
        ({"plan": [1]}, "plan-file-damaged"),
        ({"digest": "sha256:0"}, "plan-file-damaged"),
        ({"digest": None}, "plan-file-damaged"),
        ({"version": 2}, "plan-file-version"),
        ({"version": None}, "plan-file-version"),
        ({"format": "terraform"}, "plan-file-foreign"),
    ],
)
def test_what_was_edited_is_refused(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    path = saved(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    assert refusal(path) == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "plan-file-damaged"),
        (b"PK\x03\x04", "plan-file-damaged"),
        (b"\xff\xfe\x00", "plan-file-damaged"),
        (b"[" * 100_000, "plan-file-damaged"),
        (b"[]", "plan-file-foreign"),
        (b" " * (MAXIMUM_BYTES + 1), "plan-file-foreign"),
        (
            json.dumps({"format": FORMAT, "version": 1, "plan": "\ud800"}).encode(),
            "plan-file-damaged",
        ),
    ],
    ids=["empty", "zip", "no-text", "deep", "list", "huge", "surrogate"],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "train.plan"
    path.write_bytes(content)

    assert refusal(path) == code


def test_a_missing_plan_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "train.plan") == "plan-file-unreadable"
    assert refusal(tmp_path) == "plan-file-unreadable"


def test_an_unwritable_place_is_told_early(tmp_path: Path) -> None:
    with pytest.raises(Unwritable):
        PlanFiles().check_writable(tmp_path / "missing" / "train.plan")
