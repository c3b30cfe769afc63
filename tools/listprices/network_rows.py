"""Round-trip times and egress prices between regions."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from listprices.reading import PublicData

Table = list[tuple[str, ...]]

ZONE_SUFFIX = re.compile(r"-[a-z]$")

GRID = "skyplane-grid-2022"


FIBRE_KM_PER_MS = 204.19
"""Light in glass of refractive index 1.468 (ITU-T G.652 fibre), km per millisecond."""

COORDINATES_KM = 100.0
"""How far a region's data centres may lie from its published coordinates, both ends together."""

Coordinates = tuple[float, float]


def round_trip_rows(data: PublicData, places: Mapping[str, Coordinates]) -> Table:
    """Each pair once, the lesser of both directions; Microsoft's p95 where nothing else is.

    The grid of 2022 holds times that light could not make (0.9 ms from Oregon to Sydney): such a
    direction was not measured to where it claims, and does not count.
    """
    measured: dict[tuple[str, str], Decimal] = {}
    for row in data.rows("network/latency.csv"):
        a, b = _key(row["src_region"]), _key(row["dst_region"])
        if row["src_tier"] == row["dst_tier"] == "PREMIUM" and _is_possible(
            float(row["min_rtt"]), places.get(a), places.get(b)
        ):
            _keep_lesser(measured, a, b, row["min_rtt"])
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


def _is_possible(milliseconds: float, a: Coordinates | None, b: Coordinates | None) -> bool:
    """Whether light in fibre could go there and back in that time; unknown places pass."""
    if a is None or b is None:
        return True
    return milliseconds >= 2 * (great_circle_km(a, b) - COORDINATES_KM) / FIBRE_KM_PER_MS


def great_circle_km(a: Coordinates, b: Coordinates) -> float:
    """Distance on a sphere of 6,371 km radius (haversine), of latitudes and longitudes."""
    (lat_a, lon_a), (lat_b, lon_b) = (map(math.radians, place) for place in (a, b))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(half))


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
