"""Build the tables of providers/listprices from the public data sets.

    python tools/build_listprices.py --data DIR [--into DIR]

The same data gives the same bytes. docs/catalog.md says which fact comes from where.
"""

import argparse
import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from listprices.catalogs import listings
from listprices.machine_rows import accelerator_rows, machine_rows
from listprices.network_rows import egress_rows, round_trip_rows
from listprices.offer_rows import offer_rows
from listprices.place_rows import coordinates, region_rows
from listprices.reading import PublicData, read_public_data

from providers.listprices.bundle import COLUMNS, MANIFEST, SCHEMA_VERSION

PROJECT = Path(__file__).resolve().parent.parent

Table = Sequence[Sequence[str]]


def tables(data: PublicData) -> Mapping[str, Table]:
    """All tables by name, each sorted."""
    listed = list(listings(data))
    regions = region_rows(data)
    return {
        "accelerators": accelerator_rows(data, listed),
        "egress": egress_rows(data),
        "machine_types": machine_rows(data, listed),
        "offers": offer_rows(listed),
        "overheads": _curated(data, "overheads", "overhead"),
        "regions": regions,
        "round_trips": round_trip_rows(data, coordinates(regions)),
        "sources": _curated(data, "sources", "source"),
        "storage": _curated(data, "storage", "storage"),
    }


def write(built: Mapping[str, Table], folder: Path) -> None:
    """Put the tables and the manifest that vouches for them into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, rows in built.items():
        content = _csv([COLUMNS[name], *rows])
        (folder / f"{name}.csv").write_bytes(content)
        entries[name] = {"rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
        print(f"{name:<15}{len(rows):>6} rows{len(content):>9} bytes")
    newest = max(row[-1] for row in built["offers"])
    manifest = {"schema": SCHEMA_VERSION, "as_of": newest, "tables": entries}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")


def _curated(data: PublicData, table: str, key: str) -> Table:
    return sorted(
        tuple(entry[column] for column in COLUMNS[table]) for entry in data.curated.get(key, ())
    )


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def main() -> None:
    """Read the arguments, build, write."""
    parser = argparse.ArgumentParser(description="Build the tables of providers/listprices.")
    parser.add_argument("--data", type=Path, required=True, help="folder of public data sets")
    parser.add_argument(
        "--into", type=Path, default=PROJECT / "providers" / "listprices" / "tables"
    )
    arguments = parser.parse_args()
    write(tables(read_public_data(arguments.data, PROJECT)), arguments.into)


if __name__ == "__main__":
    main()
