"""Round-trip times and egress prices between regions."""

import re
from decimal import Decimal

from listprices.reading import PublicData

Table = list[tuple[str, ...]]

ZONE_SUFFIX = re.compile(r"-[a-z]$")

GRID = "skyplane-grid-2022"


def round_trip_rows(data: PublicData) -> Table:
    """Each pair once, the lesser of both directions; Microsoft's p95 where nothing else is."""
    measured: dict[tuple[str, str], Decimal] = {}
    for row in data.rows("network/latency.csv"):
        if row["src_tier"] == row["dst_tier"] == "PREMIUM":
            _keep_lesser(measured, _key(row["src_region"]), _key(row["dst_region"]), row["min_rtt"])
    rows = {pair: (*pair, _plain(ms), GRID) for pair, ms in measured.items()}
    for pair, ms in _azure_p95(data).items():
        rows.setdefault(pair, (*pair, _plain(ms), "azure-rtt-p95-2026"))
    return sorted(rows.values())


def egress_rows(data: PublicData) -> Table:
    """Prices inside a cloud by pair, and the highest price to anywhere outside of it."""
    highest: dict[tuple[str, str], Decimal] = {}
    for row in data.rows("network/cost.csv"):
        origin, destination = _key(row["src"]), _key(row["dest"])
        if origin == destination:
            continue
        inside = origin.split("/")[0] == destination.split("/")[0]
        _keep_higher(highest, origin, destination if inside else "", row["cost"])
    for row in data.rows("network/aws_transfer_costs.csv"):
        destination = "" if row["dst"] == "internet" else f"aws/{row['dst']}"
        _keep_higher(highest, f"aws/{row['src']}", destination, row["cost"])
    return [
        (*pair, _plain(price), GRID, data.as_of[GRID]) for pair, price in sorted(highest.items())
    ]


def _azure_p95(data: PublicData) -> dict[tuple[str, str], Decimal]:
    ids = {
        location["displayName"]: f"azure/{location['name']}"
        for location in data.json("prices/locations.json")
    }
    least: dict[tuple[str, str], Decimal] = {}
    for row in data.rows("network/azure_rtt_p95_2026-07-30.csv"):
        origin = ids[row.pop("Source")]
        for name, milliseconds in row.items():
            if milliseconds:
                _keep_lesser(least, origin, ids[name], milliseconds)
    return least


def _keep_lesser(found: dict[tuple[str, str], Decimal], a: str, b: str, text: str) -> None:
    if a != b:
        pair, value = (min(a, b), max(a, b)), Decimal(text)
        found[pair] = min(value, found.get(pair, value))


def _keep_higher(found: dict[tuple[str, str], Decimal], a: str, b: str, text: str) -> None:
    value = Decimal(text)
    found[a, b] = max(value, found.get((a, b), value))


def _key(text: str) -> str:
    """`gcp:us-east1-b` is measured in a zone, and stands for `gcp/us-east1`."""
    provider, _, region = text.partition(":")
    return f"{provider}/{ZONE_SUFFIX.sub('', region) if provider == 'gcp' else region}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
