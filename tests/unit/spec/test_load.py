"""Files that are not there, not text, or too much."""

from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.spec.load import MAX_BYTES, is_there, load, parse
from broker.spec.nodes import plain


def failure(path: Path) -> Diagnostic:
    with pytest.raises(SpecInvalid) as caught:
        load(path)
    (finding,) = caught.value.diagnostics
    return finding


def test_a_file_and_its_folder_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("a: 1")

    assert plain(load(tmp_path).root) == {"a": "1"}
    assert load(tmp_path) == load(tmp_path / "fleet.yaml")
    assert load(tmp_path).source == str(tmp_path / "fleet.yaml")


def test_a_byte_order_mark_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_bytes(b"\xef\xbb\xbfa: 1")

    assert load(tmp_path).findings == ()


@pytest.mark.parametrize("name", ["", "other.yaml", "no/such/folder.yaml"])
def test_a_missing_file_says_how_to_get_one(tmp_path: Path, name: str) -> None:
    finding = failure(tmp_path / name)

    assert finding.code == "file-missing"
    assert "broker init" in finding.hint


def test_a_folder_in_place_of_the_file_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").mkdir()

    assert failure(tmp_path).code == "file-unreadable"


def test_a_name_too_long_for_any_disk_can_not_be_read(tmp_path: Path) -> None:
    assert failure(tmp_path / ("x" * 300)).code == "file-unreadable"


def test_a_file_of_which_nobody_can_tell_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("a: 1")

    assert is_there(tmp_path)
    assert is_there(tmp_path / "fleet.yaml")
    assert is_there(tmp_path / ("x" * 300))
    assert not is_there(tmp_path / "other.yaml")


def test_a_file_below_a_file_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("a: 1")

    assert failure(tmp_path / "fleet.yaml" / "fleet.yaml").code == "file-unreadable"


def test_bytes_that_are_no_utf_8_are_found_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_bytes(b"a: 1\nb: \xff\n")

    finding = failure(tmp_path)

    assert finding.code == "file-not-utf8"
    assert str(finding.where).endswith("fleet.yaml:2:4")
    assert "0xff" in finding.summary


def test_utf_16_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_bytes("a: 1".encode("utf-16"))

    assert failure(tmp_path).code == "file-not-utf8"


def test_a_file_larger_than_the_cap_is_refused_and_one_as_large_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text("a: 1\n#" + "x" * (MAX_BYTES - 6))
    assert plain(load(path).root) == {"a": "1"}

    path.write_text("a: 1\n#" + "x" * (MAX_BYTES - 5))
    assert failure(path).code == "file-too-large"


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert failure(Path("/dev/zero")).code == "file-too-large"


def test_places_are_found_by_steps() -> None:
    document = parse("a: 1\nlist:\n  - {x: 1}\n  - {y: 2}\n", "f.yaml")

    assert str(document.where("list", 1, "y")) == "f.yaml:4:9"
    assert document.where() == document.root.where
    assert document.where("list", 2) is None
    assert document.where("a", "b") is None
    assert document.where("nothing") is None
