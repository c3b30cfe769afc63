"""Machine types and accelerators: one row each, the same in every region."""

import re
from collections.abc import Iterable
from decimal import Decimal

from listprices.catalogs import Listing
from listprices.reading import PublicData

AWS_FAMILY = re.compile(r"^(gr|g|inf|trn|dl|p)\d")

Table = list[tuple[str, ...]]


def machine_rows(data: PublicData, listings: Iterable[Listing]) -> Table:
    """The machine types, sorted; ValueError if two lists disagree about one."""
    gbps = _network_gbps(data)
    families = _azure_families(data)
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for listing in listings:
        key = listing.provider, listing.machine_type
        row = (
            *key,
            _family(listing, data, families),
            _accelerator_name(listing.accelerator, data),
            str(listing.count),
            str(listing.vcpus),
            str(listing.memory_mib),
            gbps.get(listing.machine_type, "") if listing.provider == "aws" else "",
        )
        known = rows.setdefault(key, (*row, listing.hardware))
        if known[: len(row)] != row:
            message = f"two lists disagree: {known} and {row}"
            raise ValueError(message)
    return sorted(rows.values())


def accelerator_rows(data: PublicData, listings: Iterable[Listing]) -> Table:
    """The accelerators that any machine type has, sorted; each names a list that has it."""
    sources: dict[str, str] = {}
    for listing in listings:
        sources.setdefault(listing.accelerator, listing.source)
    return sorted(
        (
            _accelerator_name(called, data), facts["model"], facts.get("variant", ""),
            str(facts["memory_mib"]), facts["kind"], facts["manufacturer"], source,
        )
        for called, source in sources.items()
        for facts in [data.curated["accelerators"][called]]
    )  # fmt: skip


def _accelerator_name(called: str, data: PublicData) -> str:
    facts = data.curated["accelerators"][called]
    return "-".join(filter(None, (facts["model"], facts.get("variant"))))


def _family(listing: Listing, data: PublicData, azure: dict[str, str]) -> str:
    if listing.provider == "azure":
        return azure[data.curated["azure_siblings"].get(listing.machine_type, listing.machine_type)]
    if listing.provider == "gcp":
        return _accelerator_name(listing.accelerator, data)
    prefix = AWS_FAMILY.match(listing.machine_type)
    if prefix is None:
        message = f"no quota group for {listing.machine_type}"
        raise ValueError(message)
    return str(data.curated["aws_quota_groups"][prefix[1]])


def _azure_families(data: PublicData) -> dict[str, str]:
    pairs = re.findall(
        r"^- name: (\S+)\n  family: \"?([^\"\n]+)",
        data.text("prices/known_skus.yaml"),
        re.MULTILINE,
    )
    listed = data.rows("prices/azure_instance_types.csv")
    return {**dict(pairs), **{row["instance_type"]: row["sku_family"] for row in listed}}


def _network_gbps(data: PublicData) -> dict[str, str]:
    return {
        row["instance_type"]: f"{(Decimal(row['mbps']) / 1000).normalize():f}"
        for row in data.rows("prices/aws_network_bandwidth_mbps.csv")
    }
