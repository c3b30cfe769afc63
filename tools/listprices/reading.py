"""The public data sets as rows, and the facts that stand beside them."""

import csv
import json
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, str]


@dataclass(frozen=True)
class PublicData:
    """The folder of public data sets, and the curated facts of the project."""

    folder: Path
    curated: dict[str, Any]
    unions: dict[str, Any]

    def rows(self, path: str) -> list[Row]:
        """All rows of one CSV file."""
        with (self.folder / path).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def text(self, path: str) -> str:
        """One file as it is."""
        return (self.folder / path).read_text(encoding="utf-8")

    def json(self, path: str) -> Any:
        """One JSON document."""
        return json.loads(self.text(path))

    @cached_property
    def servers(self) -> dict[tuple[str, str], Row]:
        """The hardware of machine types, by cloud and name."""
        return {
            (row["vendor_id"], row["name"]): row for row in self.rows("regions/gpu_servers.csv")
        }

    @cached_property
    def as_of(self) -> dict[str, str]:
        """The day each source speaks of."""
        return {source["id"]: source["as_of"] for source in self.curated["source"]}


def read_public_data(folder: Path, project: Path) -> PublicData:
    """Open *folder*, and what *project* says beside it."""
    return PublicData(
        folder=folder,
        curated=_toml(project / "tools" / "listprices" / "curated.toml"),
        unions=_toml(project / "policies" / "jurisdictions.toml"),
    )


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
