"""What users change of a cluster that runs: none of it may cost them the cluster."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.domain.money import Money
from tests.fakes.recorded_stacks import Recorded, a_member, a_pool, an_identity, made_anew, record

PLAIN = {
    "aws": a_member("aws", "us-east-1", a_pool(zone="use1-az4")),
    "azure": a_member(
        "azure", "westeurope", a_pool(machine_type="Standard_ND96isr_H100_v5", zone="1")
    ),
    "gcp": a_member(
        "gcp", "europe-west4", a_pool(machine_type="a3-highgpu-8g", zone="europe-west4-a")
    ),
}


@pytest.fixture(scope="module")
def plain() -> dict[str, Recorded]:
    return {cloud: record(member) for cloud, member in PLAIN.items()}


@pytest.mark.parametrize("cloud", sorted(PLAIN))
@pytest.mark.parametrize(
    "other",
    [
        {"owner": "somebody-else"},
        {"labels": {"cost-center": "R42"}},
        {"expires_at": datetime(2026, 11, 30, 5, 30, tzinfo=UTC)},
        {"budget_monthly": Money.parse("900")},
        {"is_protected": True},
        {"security_extras": True},
        {"identities": (an_identity(),)},
    ],
    ids="".join,
)
def test_what_changes_while_a_cluster_runs_makes_nothing_of_it_anew(
    cloud: str, other: dict[str, Any], plain: dict[str, Recorded]
) -> None:
    after = record(replace(PLAIN[cloud], **other))

    assert made_anew(plain[cloud], after) == []
    assert made_anew(after, plain[cloud]) == []


def test_a_description_of_earlier_versions_makes_no_other_network(
    plain: dict[str, Recorded],
) -> None:
    for kind in ("Network", "Subnetwork"):
        [asked] = plain["gcp"].of(kind).values()
        assert asked.request.ignoreChanges == ["description"]
