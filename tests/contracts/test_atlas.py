"""What every atlas promises (broker.ports.atlas)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.domain.errors import CatalogInvalid
from broker.ports.atlas import Atlas
from providers.listprices.atlas import ListPricesAtlas


@dataclass(frozen=True)
class Subject:
    """An atlas as it is, and one whose data is damaged."""

    atlas: Callable[[], Atlas]
    damaged: Callable[[Path], Atlas]


SUBJECTS = {"listprices": Subject(atlas=ListPricesAtlas, damaged=ListPricesAtlas)}


@pytest.fixture(params=SUBJECTS.values(), ids=SUBJECTS.keys())
def subject(request: pytest.FixtureRequest) -> Subject:
    param = request.param
    assert isinstance(param, Subject)
    return param


@pytest.fixture
def atlas(subject: Subject) -> Atlas:
    return subject.atlas()


def test_accelerators_are_sorted_and_no_name_is_used_twice(atlas: Atlas) -> None:
    accelerators = list(atlas.accelerators())
    names = [accelerator.name for accelerator in accelerators]

    assert accelerators == sorted(accelerators)
    assert len(names) == len(set(names)) > 0
    assert all(accelerator.memory_mib > 0 for accelerator in accelerators)


def test_regions_are_sorted_and_each_is_subject_to_its_country(atlas: Atlas) -> None:
    regions = list(atlas.regions())
    keys = [region.key for region in regions]

    assert keys == sorted(set(keys))
    assert all(region.country in region.jurisdictions for region in regions)
    assert all(region.name and region.partition for region in regions)


def test_coordinates_are_on_the_globe_or_unknown(atlas: Atlas) -> None:
    for region in atlas.regions():
        assert (region.latitude is None) == (region.longitude is None)
        if region.latitude is not None and region.longitude is not None:
            assert -90 <= region.latitude <= 90
            assert -180 <= region.longitude <= 180
            assert (region.latitude, region.longitude) != (0.0, 0.0)


def test_each_pair_of_known_regions_is_timed_at_most_once(atlas: Atlas) -> None:
    trips = list(atlas.round_trips())
    pairs = [(min(trip.a, trip.b), max(trip.a, trip.b)) for trip in trips]
    known = {region.key for region in atlas.regions()}

    assert trips == sorted(trips, key=lambda trip: (trip.a, trip.b))
    assert len(pairs) == len(set(pairs)) > 0
    assert all(trip.a != trip.b for trip in trips)
    assert {key for pair in pairs for key in pair} <= known
    assert all(trip.milliseconds > 0 and trip.source for trip in trips)


def test_egress_inside_a_cloud_goes_by_pair_and_out_of_it_by_region(atlas: Atlas) -> None:
    prices = list(atlas.egress_prices())
    pairs = [(price.source, price.destination) for price in prices]
    known = {region.key for region in atlas.regions()}

    assert len(pairs) == len(set(pairs)) > 0
    assert prices == sorted(prices, key=lambda p: (p.source, str(p.destination or "")))
    for source, destination in pairs:
        assert source in known
        assert destination != source
        assert destination is None or destination in known
        assert destination is None or destination.provider == source.provider
    assert all(price.per_gb.micros > 0 and price.stated_by for price in prices)


def test_storage_has_one_price_per_cloud(atlas: Atlas) -> None:
    prices = list(atlas.storage_prices())
    providers = [price.provider for price in prices]

    assert providers == sorted(set(providers))
    assert all(price.per_gb_month.micros > 0 and price.stated_by for price in prices)


def test_overheads_are_sorted_and_each_counted_once(atlas: Atlas) -> None:
    overheads = list(atlas.cluster_overheads())
    items = [(overhead.provider, overhead.item) for overhead in overheads]

    assert items == sorted(set(items))
    assert all(overhead.per_hour.micros > 0 and overhead.stated_by for overhead in overheads)


def test_two_readings_are_equal(subject: Subject) -> None:
    one, other = subject.atlas(), subject.atlas()

    assert list(one.accelerators()) == list(other.accelerators())
    assert list(one.regions()) == list(other.regions())
    assert list(one.round_trips()) == list(other.round_trips())
    assert list(one.egress_prices()) == list(other.egress_prices())


@pytest.mark.parametrize(
    "question",
    [
        "accelerators",
        "regions",
        "round_trips",
        "egress_prices",
        "storage_prices",
        "cluster_overheads",
    ],
)
def test_damaged_data_is_said_at_every_question(
    subject: Subject, tmp_path: Path, question: str
) -> None:
    with pytest.raises(CatalogInvalid) as caught:
        getattr(subject.damaged(tmp_path), question)()

    assert [d.code for d in caught.value.diagnostics] == ["catalog-damaged"]
