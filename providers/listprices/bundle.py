"""The bundled tables, read only if they are whole and of the version this code knows."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid

SCHEMA_VERSION = 1

MANIFEST = "manifest.json"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "accelerators": ("name", "model", "variant", "memory_mib", "kind", "manufacturer", "source"),
    "egress": ("from_region", "to_region", "per_gb", "source", "as_of"),
    "machine_types": (
        "provider", "machine_type", "family", "accelerator", "count", "vcpus", "memory_mib",
        "network_gbps", "source",
    ),
    "offers": (
        "provider", "region", "zone", "zone_kind", "machine_type", "capacity_type",
        "term_months", "price", "source", "as_of",
    ),
    "overheads": ("provider", "item", "per_hour", "source", "as_of"),
    "regions": (
        "provider", "region", "name", "country", "jurisdictions", "partition", "latitude",
        "longitude", "source",
    ),
    "round_trips": ("a", "b", "milliseconds", "source"),
    "sources": ("id", "title", "where", "licence", "as_of"),
    "storage": ("provider", "per_gb_month", "source", "as_of"),
}  # fmt: skip
"""The columns of each table, in their order. An empty field is a fact that no source states."""

HINT = "reinstall gpu-broker, or rebuild the tables with tools/build_listprices.py"


@dataclass(frozen=True, slots=True)
class Digest:
    """What the manifest vouches for: the number of rows of a table and the hash of its file."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder of tables whose manifest has been read; each table is verified when it is read."""

    folder: Traversable
    digests: Mapping[str, Digest]
    as_of: datetime

    def rows(self, table: str) -> list[list[str]]:
        """The rows of *table* without its heading; CatalogInvalid if one byte is not as built."""
        file = f"{table}.csv"
        content = _read(self.folder / file)
        heading, *rows = list(csv.reader(io.StringIO(content.decode(errors="replace")))) or [[]]
        digest = self.digests[table]
        if len(rows) < digest.rows:
            raise _damaged(file, f"is truncated: {len(rows)} of {digest.rows} rows")
        if hashlib.sha256(content).hexdigest() != digest.sha256:
            raise _damaged(file, "was changed after it was built")
        if tuple(heading) != COLUMNS[table]:
            raise _damaged(file, f"has other columns: {', '.join(heading)}")
        return rows


def bundled() -> Traversable:
    """The folder of tables that is installed with this package."""
    return files("providers.listprices") / "tables"


def open_bundle(folder: Traversable) -> Bundle:
    """Read the manifest of *folder*; CatalogInvalid if it is damaged or of another version."""
    manifest = _parse_manifest(_read(folder / MANIFEST))
    if manifest.get("schema") != SCHEMA_VERSION:
        raise CatalogInvalid(
            Diagnostic(
                code="catalog-version",
                subject=MANIFEST,
                summary=f"the price tables are of version {manifest.get('schema')}, "
                f"this program reads version {SCHEMA_VERSION}",
                hint=HINT,
            )
        )
    try:
        return Bundle(
            folder=folder,
            digests={
                table: Digest(int(entry["rows"]), str(entry["sha256"]))
                for table, entry in ((name, manifest["tables"][name]) for name in COLUMNS)
            },
            as_of=datetime.fromisoformat(manifest["as_of"]).replace(tzinfo=UTC),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(MANIFEST, "lacks what it should state") from error


def _read(file: Traversable) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _damaged(file.name, f"can not be read: {error.strerror}") from error


def _parse_manifest(content: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise _damaged(MANIFEST, "is no JSON") from error
    if not isinstance(manifest, dict):
        raise _damaged(MANIFEST, "holds no object")
    return manifest


def _damaged(file: str, what: str) -> CatalogInvalid:
    return CatalogInvalid(
        Diagnostic(
            code="catalog-damaged",
            subject=file,
            summary=f"the price table {file} {what}",
            hint=HINT,
        )
    )
