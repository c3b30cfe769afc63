"""A region that a spec names, and of which nothing is known, is a gap; any other is not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broker.catalog.gaps import gap_findings, gaps
from broker.catalog.snapshot import Coverage
from broker.domain.diagnostics import Severity, Where
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ReservationName
from broker.domain.regions import RegionStatus
from broker.domain.spec import FleetSpec, Reservation
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    NETHERLANDS,
    WEST,
    clients,
    cloud,
    dataset,
    reading,
    spec,
    workload,
)

HERE = Where("fleet.yaml", 5, 8)
ASKED = datetime(2026, 11, 20, tzinfo=UTC)


def answer(
    region: RegionKey, status: RegionStatus = RegionStatus.OK, *, offers: int = 1
) -> Coverage:
    return Coverage(region=region, status=status, fetched_at=ASKED, source="list", offers=offers)


def named(*regions: str, excluded: str = "") -> FleetSpec:
    scope = replace(cloud("aws"), regions=frozenset(regions), where=HERE)
    scope = replace(scope, excluded=frozenset({excluded} - {""}))
    return replace(spec(workload()), providers=(scope, cloud("gcp")))


def missing(asked: FleetSpec, *answers: Coverage) -> list[tuple[str, str]]:
    return [(str(gap.region), gap.path) for gap in gaps(asked, answers)]


def test_each_region_that_is_listed_needs_a_good_answer() -> None:
    asked = named("us-east-1", "us-west-2", "eu-central-1")

    assert missing(asked, answer(EAST), answer(FRANKFURT, RegionStatus.THROTTLED)) == [
        ("aws/eu-central-1", "providers.aws.regions"),
        ("aws/us-west-2", "providers.aws.regions"),
    ]


def test_one_good_answer_is_enough() -> None:
    denied = answer(EAST, RegionStatus.DENIED)

    assert missing(named("us-east-1"), denied, answer(EAST)) == []


def test_what_is_taken_off_again_is_not_needed() -> None:
    assert missing(named("us-east-1", "us-west-2", excluded="us-west-2"), answer(EAST)) == []


def test_all_names_no_region() -> None:
    assert missing(spec(workload()), answer(EAST, RegionStatus.TIMEOUT)) == []


def test_the_home_of_data_that_is_read_needs_an_answer() -> None:
    read = replace(spec(reading(workload(), "corpus")), datasets=(dataset(FRANKFURT),))

    assert missing(read, answer(EAST)) == [("aws/eu-central-1", "data[corpus].at")]
    assert missing(read, answer(FRANKFURT)) == []


def test_a_home_where_no_nodes_may_be_is_not_needed() -> None:
    read = replace(
        spec(reading(workload(), "corpus")), datasets=(dataset(FRANKFURT), dataset(WEST, name="x"))
    )

    assert missing(replace(read, providers=(cloud("gcp"),))) == []
    assert missing(read, answer(FRANKFURT)) == [], "nobody reads x"


def test_where_capacity_is_reserved_an_answer_is_needed() -> None:
    paid = Reservation(
        name=ReservationName("blocks"), region=WEST, machine_type=MachineType("p5"), nodes=2
    )
    asked = replace(spec(workload()), reservations=(paid,))

    assert missing(asked, answer(EAST)) == [("aws/us-west-2", "reservations[blocks].at")]
    assert missing(asked, answer(WEST)) == []
    assert missing(replace(asked, providers=(cloud("gcp"),))) == []


def test_places_of_clients_are_not_needed() -> None:
    asked = replace(spec(workload()), clients=(clients(NETHERLANDS),))

    assert missing(asked) == []


def test_a_gap_says_what_is_missing_and_how_to_go_on_all_the_same() -> None:
    found = gaps(named("us-east-1", "us-west-2"), [answer(EAST, RegionStatus.THROTTLED)])

    throttled, unknown = gap_findings(found, accepted=False)

    assert (throttled.code, throttled.severity) == ("region-not-covered", Severity.ERROR)
    assert (throttled.subject, throttled.where) == ("providers.aws.regions", HERE)
    assert throttled.summary == (
        "What aws/us-east-1 offers is not known, and the spec names it for nodes"
    )
    assert throttled.detail == "list was asked on 2026-11-20: throttled"
    assert throttled.hint == (
        "Ask again with `broker refresh`, or plan without it: -accept-missing-regions."
    )
    assert unknown.detail == "No source of prices lists anything there."
    assert unknown.hint == (
        "Leave it out of the spec, or plan without it: -accept-missing-regions."
    )


@pytest.mark.parametrize(
    ("answers", "consequence"),
    [
        ([], "The plan leaves it out."),
        ([answer(EAST, RegionStatus.TIMEOUT, offers=0)], "The plan leaves it out."),
        ([answer(EAST, RegionStatus.TIMEOUT, offers=3)], "The plan uses 3 older offers."),
    ],
)
def test_an_accepted_gap_is_a_warning(answers: list[Coverage], consequence: str) -> None:
    (told,) = gap_findings(gaps(named("us-east-1"), answers), accepted=True)

    assert told.severity is Severity.WARNING
    assert told.hint == consequence
