"""What is read of a record without the engine, and where only the engine can say."""

from pathlib import Path

import pytest

from stacks.places import Place, records_in
from stacks.record_files import exported, record_file


def place(folder: Path, records: str) -> Place:
    return Place(project="fleet", name="member", folder=folder, records=records)


def test_a_record_is_where_the_engine_keeps_it(tmp_path: Path) -> None:
    there = tmp_path / ".pulumi" / "stacks" / "fleet" / "member.json"

    assert record_file(place(tmp_path, records_in(tmp_path))) == there
    assert record_file(place(tmp_path, "s3://bucket")) is None


def test_a_record_is_read_in_the_shape_of_an_export(tmp_path: Path) -> None:
    record = tmp_path / "member.json"
    record.write_text(
        '{"version": 4, "features": ["x"], "checkpoint": {"stack": "s", "latest": {"resources": []}}}'
    )

    assert exported(record) == {
        "version": 4,
        "features": ["x"],
        "deployment": {"resources": []},
    }


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        '{"version": 3, "check',
        "7",
        '{"version": 3, "checkpoint": null}',
        '{"version": 3, "checkpoint": {"stack": "s"}}',
    ],
)
def test_of_all_else_the_engine_is_asked(tmp_path: Path, text: str | None) -> None:
    record = tmp_path / "member.json"
    if text is not None:
        record.write_text(text)

    assert exported(record) is None
