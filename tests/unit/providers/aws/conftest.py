"""One sandbox AWS for all tests of the adapter: it changes nothing, so nothing is carried over."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from providers.aws.adapter import AwsProvider
from providers.sandbox.aws.cloud import AwsSandbox
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, serving

Connect = Callable[[Mapping[str, str]], AwsProvider]


PATIENT = replace(HASTY, seconds=60, silence_seconds=2)
"""Enough for a computer that is busy with other things."""


def connect(environment: Mapping[str, str]) -> AwsProvider:
    return AwsProvider(CONNECTION, environment=environment, patience=PATIENT)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Mapping[str, str]]:
    """The environment of a sandbox with the bundled list prices and no fault."""
    with serving(AwsSandbox(), list_prices("aws")) as environment:
        yield environment


@pytest.fixture(scope="session")
def aws(sandbox: Mapping[str, str]) -> AwsProvider:
    return connect(sandbox)
