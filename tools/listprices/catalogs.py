"""The price lists of the three clouds, brought to one form before they become tables."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from listprices.reading import PublicData, Row

SOURCES = {
    "tsaol/aws-gpu": "aws-gpu@77fcd9f",
    "karpenter-provider-aws": "karpenter-aws@1d92708",
    "karpenter-provider-azure": "karpenter-azure@352646f",
    "Cyclenerd pricing.yml": "gcloud-pricing@fd66b26",
    "skypilot-catalog v9@2c3d7ea (partial: see README)": "skypilot-catalog@2c3d7ea",
}

SERVERS = "sparecores@e8749be"

LARGEST_PART = 12
"""No cloud cuts an accelerator finer than this, so that 0.1667 can only mean 1/6."""

ROUNDING = Fraction(1, 10_000)


@dataclass(frozen=True, slots=True)
class Listing:
    """One machine type in one place, with every price stated there; empty text is unknown.

    *spot* is None where no list says that it is sold as spot at all. *hardware* is the source of
    its parts, *source* that of its prices and places.
    """

    provider: str
    machine_type: str
    accelerator: str
    count: Fraction
    vcpus: int
    memory_mib: int
    hardware: str
    region: str
    zone: str
    on_demand: str
    spot: str | None
    reserved: dict[int, str]
    source: str
    as_of: str


def listings(data: PublicData) -> Iterator[Listing]:
    """Everything the price lists say, one row each."""
    for provider, path in (
        ("aws", "catalog/aws.csv"),
        ("aws", "catalog/aws_p5_p6_spot_by_az.csv"),
        ("azure", "catalog/azure.csv"),
        ("gcp", "catalog/gcp.csv"),
    ):
        for row in data.rows(path):
            yield _listing(provider, row, data)
    yield from _gcp_regions_missing(data)
    yield from _aws_types_missing(data)
    yield from _tpus(data)


def exact_count(text: str) -> Fraction:
    """The number of devices that a rounded decimal stands for; ValueError if there is none."""
    rounded = Fraction(text)
    count = rounded.limit_denominator(LARGEST_PART)
    if count <= 0 or abs(count - rounded) > ROUNDING:
        message = f"no simple fraction: {text}"
        raise ValueError(message)
    return count


def _listing(provider: str, row: Row, data: PublicData) -> Listing:
    source = SOURCES[row["Source"]]
    machine_type = row["InstanceType"]
    counts = data.curated["accelerator_counts"]
    return Listing(
        provider=provider,
        machine_type=machine_type,
        accelerator=row["AcceleratorName"],
        count=exact_count(str(counts.get(machine_type, row["AcceleratorCount"]))),
        vcpus=int(Fraction(row["vCPUs"])),
        memory_mib=int(Fraction(row["MemoryGiB"]) * 1024),
        hardware=SERVERS if machine_type in counts else source,
        region=row["Region"],
        zone=row["AvailabilityZone"],
        on_demand=row["Price"],
        spot=row["SpotPrice"] if row["SpotPrice"] or row["AvailabilityZone"] else None,
        reserved={
            months: row[column]
            for months, column in ((12, "Price1YrReserved"), (36, "Price3YrReserved"))
            if row[column]
        },
        source=source,
        as_of=data.as_of[source],
    )


def _gcp_regions_missing(data: PublicData) -> Iterator[Listing]:
    """Machine types in the regions that only the weekly list has (L4 in most of Europe)."""
    source = "karpenter-gcp@417f047"
    known: dict[str, Listing] = {}
    places = set()
    for row in data.rows("catalog/gcp.csv"):
        known[row["InstanceType"]] = _listing("gcp", row, data)
        places.add((row["InstanceType"], row["Region"]))
    prices: dict[tuple[str, str], dict[str, str]] = {}
    for row in data.rows("prices/gcp_gpu_prices_weekly_2026-05_08.csv"):
        place = row["machine_type"], row["region"]
        if row["commit_date"] == data.as_of[source] and place not in places:
            prices.setdefault(place, {})[row["kind"]] = row["usd_per_hour"]
    for (machine_type, region), kinds in prices.items():
        yield replace(
            known[machine_type],
            region=region,
            zone="",
            on_demand=kinds.get("on_demand", ""),
            spot=kinds.get("spot"),
            reserved={},
            source=source,
            as_of=data.as_of[source],
        )


def _aws_types_missing(data: PublicData) -> Iterator[Listing]:
    """Machine types that only the list of us-east-1 has a price for."""
    source = "karpenter-aws@1d92708"
    prices = {
        row["instance_type"]: row["usd_per_hour"]
        for row in data.rows("prices/aws_us-east-1_ondemand_2026-07-20.csv")
    }
    for machine_type, accelerator in data.curated["us_east_1_only"].items():
        yield _server(
            data,
            ("aws", machine_type),
            accelerator,
            ("us-east-1", ""),
            prices[machine_type],
            source,
        )


def _tpus(data: PublicData) -> Iterator[Listing]:
    """TPU machine types in the zones that Google names; no public list has their prices."""
    for server in data.servers.values():
        family = data.curated["tpu"].get(server["family"])
        if server["vendor_id"] == "gcp" and family:
            for zone in family["zones"]:
                place = zone.rpartition("-")[0], zone
                key = "gcp", server["name"]
                yield _server(data, key, family["accelerator"], place, "", "google-tpu-docs")


def _server(
    data: PublicData,
    key: tuple[str, str],
    accelerator: str,
    place: tuple[str, str],
    on_demand: str,
    source: str,
) -> Listing:
    """A listing whose hardware is that of the list of servers."""
    server = data.servers[key]
    return Listing(
        provider=key[0],
        machine_type=key[1],
        accelerator=accelerator,
        count=exact_count(server["gpu_count"]),
        vcpus=int(server["vcpus"]),
        memory_mib=int(server["memory_amount"]),
        hardware=SERVERS,
        region=place[0],
        zone=place[1],
        on_demand=on_demand,
        spot=None,
        reserved={},
        source=source,
        as_of=data.as_of[source],
    )
