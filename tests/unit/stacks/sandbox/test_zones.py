"""Zones of AWS by name and id."""

import pytest

from stacks.sandbox.zones import short, zones_of


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", "use1"),
        ("us-west-2", "usw2"),
        ("eu-central-1", "euc1"),
        ("ap-northeast-1", "apne1"),
        ("ap-southeast-2", "apse2"),
        ("me-south-1", "mes1"),
        ("us-gov-west-1", "usgw1"),
    ],
)
def test_a_region_is_short_in_its_zones(region: str, expected: str) -> None:
    assert short(region) == expected
    assert next(iter(zones_of(region).items())) == (f"{region}a", f"{expected}-az1")
