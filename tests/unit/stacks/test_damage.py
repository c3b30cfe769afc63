"""Which copy is put in the place of a record that can not be read, and what is kept."""

from pathlib import Path

import pytest

from stacks.damage import COPIES_KEPT, drop_old_copies, is_damaged, last_whole, put_back
from stacks.places import Place, records_in


@pytest.fixture
def place(tmp_path: Path) -> Place:
    records = records_in(tmp_path)
    return Place(project="fleet", name="member", folder=tmp_path, records=records)


def file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / ".pulumi" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "is_bad"),
    [("{}", False), ("", True), ('{"version": 3, "check', True), ("7", True), ("\x00\x00", True)],
)
def test_what_is_no_json_object_is_damaged(
    place: Place,
    tmp_path: Path,
    text: str,
    is_bad: bool,  # noqa: FBT001
) -> None:
    assert not is_damaged(place)
    file(tmp_path, "stacks/fleet/member.json", text)

    assert is_damaged(place) == is_bad


def test_the_copy_before_the_last_step_goes_first_then_the_newest_of_a_whole_run(
    place: Place, tmp_path: Path
) -> None:
    record = file(tmp_path, "stacks/fleet/member.json", "")
    before = file(tmp_path, "stacks/fleet/member.json.bak", '{"of": "the step before"}')
    file(tmp_path, "backups/fleet/member/member.1796002513781359373.json", '{"of": "run 1"}')
    file(tmp_path, "backups/fleet/member/member.1796002513781359374.json", '{"of": "run 2"}')

    put_back(place)

    assert record.read_text() == before.read_text()
    for path in (record, before):
        path.write_text("{")
    put_back(place)
    assert record.read_text() == '{"of": "run 2"}'
    assert not before.exists()
    assert before.with_name("member.json.bak.damaged").read_text() == "{"


def test_the_last_whole_copy_is_read_as_the_engine_exports_it(place: Place, tmp_path: Path) -> None:
    record = file(tmp_path, "stacks/fleet/member.json", "")
    file(tmp_path, "stacks/fleet/member.json.bak", '{"version": 3, "check')
    copy = '{"version": 3, "checkpoint": {"stack": "s", "latest": {"resources": [7]}}}'
    file(tmp_path, "backups/fleet/member/member.1796002513781359373.json", copy)

    assert last_whole(place) == {"version": 3, "deployment": {"resources": [7]}}
    assert record.read_text() == ""


@pytest.mark.parametrize("copy", ["", "{}", '{"version": 3, "checkpoint": {"stack": "s"}}'])
def test_a_copy_that_holds_nothing_is_none(place: Place, tmp_path: Path, copy: str) -> None:
    file(tmp_path, "stacks/fleet/member.json.bak", copy)

    assert last_whole(place) is None


def test_the_newest_copies_are_kept_and_the_newest_of_the_history(
    place: Place, tmp_path: Path
) -> None:
    runs = range(1796002513781359300, 1796002513781359300 + COPIES_KEPT + 3)
    backups = [file(tmp_path, f"backups/fleet/member/member.{n}.json", "{}") for n in runs]
    others = [file(tmp_path, f"backups/fleet/other/other.{n}.json", "{}") for n in runs]
    history = [
        file(tmp_path, f"history/fleet/member/member-{n}.{kind}.json", "{}")
        for kind in ("checkpoint", "history")
        for n in runs
    ]

    drop_old_copies(place)

    assert [path.exists() for path in backups] == [False] * 3 + [True] * COPIES_KEPT
    assert [path.exists() for path in history] == ([False] * 3 + [True] * COPIES_KEPT) * 2
    assert all(path.exists() for path in others)


def test_an_old_whole_copy_is_kept_while_no_newer_one_is_whole(
    place: Place, tmp_path: Path
) -> None:
    whole = file(tmp_path, "backups/fleet/member/member.1796002513781359300.json", "{}")
    for n in range(COPIES_KEPT):
        file(tmp_path, f"backups/fleet/member/member.{1796002513781359301 + n}.json", "")

    drop_old_copies(place)

    assert whole.exists()


def test_without_a_whole_copy_there_is_no_record(place: Place, tmp_path: Path) -> None:
    record = file(tmp_path, "stacks/fleet/member.json", "{")

    put_back(place)

    assert not is_damaged(place)
    assert not record.exists()
    assert record.with_name("member.json.damaged").read_text() == "{"


def test_records_elsewhere_are_never_touched(tmp_path: Path) -> None:
    place = Place(project="fleet", name="member", folder=tmp_path, records="s3://bucket")

    assert not is_damaged(place)
    put_back(place)
    drop_old_copies(place)
