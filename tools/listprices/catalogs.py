"""The price lists of the three clouds, brought to one form before they become tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from listprices.reading import PublicData, Row

SOURCES = {
    "tsaol/aws-gpu": "aws-gpu@77fcd9f",
    "karpenter-provider-aws": "karpenter-aws@1d92708",
    "karpenter-provider-azure": "karpenter-azure@352646f",
    "Cyclenerd pricing.yml": "gcloud-pricing@fd66b26",
    "skypilot-catalog v9@2c3d7ea (partial: see README)": "skypilot-catalog@2c3d7ea",
}

LARGEST_PART = 12
"""No cloud cuts an accelerator finer than this, so that 0.1667 can only mean 1/6."""

ROUNDING = Fraction(1, 10_000)


@dataclass(frozen=True, slots=True)
class Listing:
    """One machine type in one place, with every price stated there; empty text is unknown."""

    provider: str
    machine_type: str
    accelerator: str
    count: Fraction
    vcpus: int
    memory_mib: int
    region: str
    zone: str
    on_demand: str
    spot: str
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
        region=row["Region"],
        zone=row["AvailabilityZone"],
        on_demand=row["Price"],
        spot=row["SpotPrice"],
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
    known: dict[str, Row] = {}
    places = set()
    for row in data.rows("catalog/gcp.csv"):
        known[row["InstanceType"]] = row
        places.add((row["InstanceType"], row["Region"]))
    prices: dict[tuple[str, str], dict[str, str]] = {}
    for row in data.rows("prices/gcp_gpu_prices_weekly_2026-05_08.csv"):
        place = row["machine_type"], row["region"]
        if row["commit_date"] == data.as_of[source] and place not in places:
            prices.setdefault(place, {})[row["kind"]] = row["usd_per_hour"]
    for (machine_type, region), kinds in prices.items():
        blank = {"Price1YrReserved": "", "Price3YrReserved": "", "AvailabilityZone": ""}
        stated = {"Price": kinds.get("on_demand", ""), "SpotPrice": kinds.get("spot", "")}
        listing = _listing("gcp", {**known[machine_type], **blank, **stated}, data)
        yield Listing(
            **{
                **{name: getattr(listing, name) for name in Listing.__slots__},
                "region": region,
                "source": source,
                "as_of": data.as_of[source],
            }
        )
