"""Regions with their country, the unions that country belongs to, and coordinates."""

from collections.abc import Iterator

from listprices.reading import PublicData

CLOUDS = ("aws", "azure", "gcp")

Table = list[tuple[str, ...]]


def region_rows(data: PublicData) -> Table:
    """Every region open for business, sorted by cloud and id."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    corrections = data.curated["country_corrections"]
    for provider, region, name, listed, latitude, longitude, source in (
        *_listed(data),
        *_azure_locations(data),  # names no countries: it speaks for the corrected regions only
    ):
        key = provider, region
        country = corrections.get(f"{provider}/{region}", listed)
        if country:
            rows[key] = (
                *key, name, country, jurisdictions(country, data), "commercial",
                latitude, longitude, source,
            )  # fmt: skip
    for extra in data.curated["region"]:
        provider, _, region = extra["key"].partition("/")
        land = extra["country"]
        rows[provider, region] = (
            provider, region, extra["name"], land,
            " ".join([jurisdictions(land, data), f"{land}-{extra['partition'].upper()}"]),
            extra["partition"], "", "", extra["source"],
        )  # fmt: skip
    return sorted(rows.values())


def coordinates(rows: Table) -> dict[str, tuple[float, float]]:
    """Latitude and longitude by `cloud/region`, of the regions whose row has them."""
    return {
        f"{row[0]}/{row[1]}": (float(row[6]), float(row[7])) for row in rows if row[6] and row[7]
    }


def jurisdictions(country: str, data: PublicData) -> str:
    """The country and its unions, in the order of their names, parted by spaces."""
    unions = [name for name, union in data.unions.items() if country in union["members"]]
    return " ".join(sorted([country, *unions]))


def _listed(data: PublicData) -> Iterator[tuple[str, ...]]:
    for row in data.rows("regions/regions.csv"):
        is_open = row["status"] == "ACTIVE" and not row["api_reference"].endswith("euap")
        if row["vendor_id"] in CLOUDS and is_open:
            name = row["name"]
            if name == row["api_reference"]:
                name = ", ".join(filter(None, (row["city"], row["state"]))) or name
            yield (
                row["vendor_id"], row["api_reference"], name, row["country_id"],
                row["lat"], row["lon"], "sparecores@e8749be",
            )  # fmt: skip


def _azure_locations(data: PublicData) -> Iterator[tuple[str, ...]]:
    for location in data.json("prices/locations.json"):
        facts = location["metadata"]
        if facts["regionType"] == "Physical" and not location["name"].endswith("euap"):
            yield (
                "azure", location["name"], location["displayName"], "",
                facts["latitude"], facts["longitude"], "karpenter-azure@352646f",
            )  # fmt: skip
