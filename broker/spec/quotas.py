"""What quotas are called: by the name they are given, or else by what they count."""

from broker.spec.findings import Findings
from broker.spec.scalars import Over
from broker.spec.values import Record


def quota_name(quota: Record) -> str:
    """Its name; by default what it counts, in words: `aws/us-east-1 spot L4 accelerators`."""
    given: str | None = quota.content("name")
    if given is not None:
        return given
    limit = quota.record("limit")
    capacity = "+".join(sorted(value.content for value in quota.items("capacity")))
    counted = next(
        (quota.content(k) for k in ("accelerator", "machine-type", "family") if quota.find(k)), ""
    )
    over = "over all regions" if quota.content("over") is Over.ALL_REGIONS else ""
    parts = (quota.content("at"), capacity, counted, *(limit.values if limit else ()), over)
    return " ".join(part for part in parts if part)


def check_quota_names(quotas: tuple[Record, ...], findings: Findings) -> None:
    """No two are called alike, or a message about one of them would not say which."""
    first: dict[str, Record] = {}
    for quota in quotas:
        name = quota_name(quota)
        earlier = first.setdefault(name, quota)
        if earlier is quota:
            continue
        given = quota.find("name")
        place = given or quota
        findings.at(
            place,
            code="name-repeated",
            summary=f"{name} is already {'defined' if given else 'limited'} "
            f"on line {earlier.where.line}",
            detail="" if given else "A quota without a name is called after what it counts.",
            hint="Give each its own name."
            if given
            else "Keep the lower limit, or give each its own name.",
        )
