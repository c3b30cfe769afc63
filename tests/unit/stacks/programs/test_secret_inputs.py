"""No resource of a cloud is given a secret: what an approval can not hold against its value."""

from collections.abc import Iterator
from typing import Any

import pytest

from stacks.records import is_secret
from tests.fakes.recorded_stacks import a_member, a_pool, an_identity, record


def secrets(value: Any, path: str) -> Iterator[str]:
    if is_secret(value):
        yield path
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from secrets(below, f"{path}.{key}")
    elif isinstance(value, list):
        for below in value:
            yield from secrets(below, path)


@pytest.mark.parametrize(
    ("cloud", "region"),
    [("aws", "us-east-1"), ("azure", "eastus2"), ("gcp", "us-central1")],
)
def test_only_what_opens_a_cluster_is_secret(cloud: str, region: str) -> None:
    member = a_member(cloud, region, a_pool(), identities=(an_identity(),), security_extras=True)
    asked = record(member).resources.values()

    found = [(each.type, path) for each in asked for path in secrets(dict(each.inputs), each.name)]

    assert found
    assert [(kind, path) for kind, path in found if not kind.startswith("pulumi:providers:")] == []
