"""Damaged, truncated and foreign tables are refused, each with what to do about it."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid
from broker.domain.geography import RegionKey
from providers.listprices import bundle
from providers.listprices.adapter import ListPrices
from providers.listprices.bundle import COLUMNS, MANIFEST, bundled, open_bundle

TABLES = sorted(COLUMNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled tables, to be damaged."""
    for file in (*(f"{table}.csv" for table in TABLES), MANIFEST):
        with (bundled() / file).open("rb") as source, (tmp_path / file).open("wb") as copy:
            shutil.copyfileobj(source, copy)
    return tmp_path


def refusal(folder: Path, table: str) -> Diagnostic:
    """What reading *table* of *folder* is refused with."""
    with pytest.raises(CatalogInvalid) as caught:
        open_bundle(folder).rows(table)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize("table", TABLES)
def test_a_whole_table_is_read(folder: Path, table: str) -> None:
    rows = open_bundle(folder).rows(table)

    assert len(rows) == json.loads((folder / MANIFEST).read_text())["tables"][table]["rows"]
    assert all(len(row) == len(COLUMNS[table]) for row in rows)


@pytest.mark.parametrize("table", TABLES)
def test_a_truncated_table_is_refused(folder: Path, table: str) -> None:
    file = folder / f"{table}.csv"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    diagnostic = refusal(folder, table)

    assert diagnostic.code == "catalog-damaged"
    assert diagnostic.subject == f"{table}.csv"
    assert "truncated" in diagnostic.summary
    assert "reinstall" in diagnostic.hint


@pytest.mark.parametrize("table", TABLES)
def test_a_table_short_of_its_last_byte_is_refused(folder: Path, table: str) -> None:
    file = folder / f"{table}.csv"
    file.write_bytes(file.read_bytes()[:-1])

    assert refusal(folder, table).code == "catalog-damaged"


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_is_refused(folder: Path, table: str) -> None:
    (folder / f"{table}.csv").write_bytes(b"")

    assert "truncated" in refusal(folder, table).summary


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_is_refused(folder: Path, table: str) -> None:
    (folder / f"{table}.csv").unlink()

    diagnostic = refusal(folder, table)

    assert diagnostic.code == "catalog-damaged"
    assert "can not be read" in diagnostic.summary


def test_an_edited_price_is_refused(folder: Path) -> None:
    file = folder / "offers.csv"
    text = file.read_text()
    assert ",55.04," in text
    file.write_text(text.replace(",55.04,", ",05.04,", 1))

    diagnostic = refusal(folder, "offers")

    assert diagnostic.code == "catalog-damaged"
    assert "changed" in diagnostic.summary


def test_an_added_row_is_refused(folder: Path) -> None:
    file = folder / "offers.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[-1]]))

    assert "changed" in refusal(folder, "offers").summary


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    file = folder / "regions.csv"
    file.write_bytes(file.read_bytes().replace(b"Tokyo", b"\xff\xfe\xfd\xfc\xfb", 1))

    assert refusal(folder, "regions").code == "catalog-damaged"


def test_other_columns_are_refused_even_if_the_manifest_agrees(folder: Path) -> None:
    file = folder / "storage.csv"
    with file.open(newline="") as source:
        rows = [list(reversed(row)) for row in csv.reader(source)]
    with file.open("w", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(rows)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["tables"]["storage"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))

    diagnostic = refusal(folder, "storage")

    assert diagnostic.code == "catalog-damaged"
    assert "other columns" in diagnostic.summary


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_tables_of_another_version_are_refused(folder: Path, version: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "schema": version}))

    diagnostic = refusal(folder, "offers")

    assert diagnostic.code == "catalog-version"
    assert f"version {version}" in diagnostic.summary
    assert f"version {bundle.SCHEMA_VERSION}" in diagnostic.summary
    assert diagnostic.hint


def without(key: str) -> Callable[[str], str]:
    """The manifest text with *key* left out."""
    return lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k != key})


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="truncated"),
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: "[]", id="a list"),
        pytest.param(without("tables"), id="no tables"),
        pytest.param(without("as_of"), id="no date"),
        pytest.param(lambda text: text.replace('"offers"', '"offer"'), id="a table less"),
        pytest.param(lambda text: text.replace('"as_of": "20', '"as_of": "x'), id="no day"),
        pytest.param(lambda text: text.replace('"rows": ', '"rows": "many" + '), id="no number"),
    ],
)
def test_a_damaged_manifest_is_refused(folder: Path, damage: Callable[[str], str]) -> None:
    manifest = folder / MANIFEST
    manifest.write_text(damage(manifest.read_text()))

    diagnostic = refusal(folder, "offers")

    assert diagnostic.code == "catalog-damaged"
    assert diagnostic.subject == MANIFEST


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere", "offers").subject == MANIFEST


def test_the_provider_passes_the_refusal_on(folder: Path) -> None:
    (folder / "offers.csv").write_bytes(b"provider,region\n")

    with pytest.raises(CatalogInvalid, match=r"offers\.csv is truncated"):
        ListPrices(folder).discover(RegionKey.parse("aws/us-east-1"))
