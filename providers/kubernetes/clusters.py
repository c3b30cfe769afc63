"""The owner's file: which clusters there are, under which law, and what they cost.

    [clusters.fra-1]                    # a context of kubeconfig
    country = "DE"
    jurisdictions = ["EU", "EEA"]
    price-per-accelerator-hour = {H100 = "1.90", A100-80GB = "1.10"}

A price is that of one accelerator by its full name; without one it is unknown, and nothing of it is
ranked. What is not in the file is not asked.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import ProviderName
from broker.domain.money import Money

NAME = ProviderName("kubernetes")

KEYS = frozenset({"country", "jurisdictions", "price-per-accelerator-hour"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster, by the *context* of kubeconfig that leads to it."""

    context: str
    country: str
    jurisdictions: frozenset[str]
    prices: Mapping[str, Money]

    @property
    def place(self) -> Region:
        """The cluster as a region of its own."""
        return Region(
            key=RegionKey(NAME, self.context),
            name=self.context,
            country=self.country,
            jurisdictions=self.jurisdictions | {self.country},
        )


def clusters(file: Path) -> dict[RegionKey, Cluster]:
    """Those of *file*, none if there is no such file; raises CatalogInvalid with every finding."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogInvalid(_finding(file, "", f"can not be read: {error}")) from error
    try:
        stated = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CatalogInvalid(_finding(file, "", f"is no TOML: {error}")) from error
    return parse(stated, file)


def parse(stated: Mapping[str, Any], file: Path) -> dict[RegionKey, Cluster]:
    """The clusters as values."""
    tables = stated.get("clusters")
    if set(stated) != {"clusters"} or not isinstance(tables, dict):
        raise CatalogInvalid(_finding(file, "", "has to hold the table clusters, and no other"))
    findings: list[Diagnostic] = []
    found: dict[RegionKey, Cluster] = {}
    for context, table in sorted(tables.items()):
        wrong = list(_faults(context, table))
        findings += (_finding(file, f"clusters.{context}", what) for what in wrong)
        if not wrong:
            cluster = _cluster(context, table)
            found[cluster.place.key] = cluster
    if findings:
        raise CatalogInvalid(*findings)
    return found


def _faults(context: str, table: Any) -> list[str]:
    """What is wrong with one table, in words; nothing if it is as it should be."""
    if not isinstance(table, dict):
        return ["is no table"]
    faults = [f"has an unknown key {key}" for key in sorted(set(table) - KEYS)]
    if "/" in context:
        faults.append("has a slash in its name, which no region may have: rename the context")
    country = table.get("country")
    if not isinstance(country, str) or not (len(country) == 2 and country.isupper()):  # noqa: PLR2004
        faults.append('needs a country of two letters: country = "DE"')
    laws = table.get("jurisdictions", [])
    if not isinstance(laws, list) or not all(isinstance(law, str) for law in laws):
        faults.append('has jurisdictions that are no list of names: ["EU", "EEA"]')
    prices = table.get("price-per-accelerator-hour", {})
    if not isinstance(prices, dict):
        return [*faults, 'has prices that are no table: {H100 = "1.90"}']
    return faults + [
        f'has a price of {name} that is no amount above zero: {name} = "1.90"'
        for name, amount in prices.items()
        if _price(amount) is None
    ]


def _price(amount: Any) -> Money | None:
    if isinstance(amount, bool) or not isinstance(amount, (str, int, Decimal)):
        return None
    try:
        price = Money.parse(Decimal(amount))
    except (ArithmeticError, ValueError):
        return None
    return price if price.micros > 0 else None


def _cluster(context: str, table: Mapping[str, Any]) -> Cluster:
    stated = {
        name: _price(amount) for name, amount in table.get("price-per-accelerator-hour", {}).items()
    }
    return Cluster(
        context=context,
        country=table["country"],
        jurisdictions=frozenset(table.get("jurisdictions", [])),
        prices={name: price for name, price in stated.items() if price is not None},
    )


def _finding(file: Path, subject: str, what: str) -> Diagnostic:
    return Diagnostic(
        code="clusters-file-invalid",
        subject=subject or str(file),
        summary=f"{subject or file} {what}",
        hint=f"Correct {file}; docs/clouds.md shows one.",
    )
