"""Only what is bought has to be sold still; what stays as it is needs nobody to sell it."""

from pathlib import Path

import pytest

from broker.domain.diagnostics import Severity
from broker.domain.errors import NotCovered, PlanStale
from broker.planning.desired import fleet_of_desired
from tests.fakes.changing import Desk, codes, dearer, prices, recorded
from tests.fakes.specs import TINY, TWO


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    made = Desk(fleet)
    made.apply()
    return made


def sold_out(desk: Desk) -> None:
    """Let nobody sell any more what is there."""
    there = {
        pool.offer.name for pool in fleet_of_desired(recorded(desk).desired or {}, "USD").pools
    }
    desk.offers = tuple(offer for offer in prices().offers if offer.name not in there)


def pools(desk: Desk) -> int:
    return len(fleet_of_desired(recorded(desk).desired or {}, "USD").pools)


def test_what_stays_is_not_asked_for_and_the_user_is_told(desk: Desk) -> None:
    sold_out(desk)
    desk.fleet.write_text(TWO)

    applied = desk.apply()

    assert applied.outcome.is_complete
    assert pools(desk) == 2
    assert [(found.code, found.severity) for found in desk.warned] == [
        ("offer-gone", Severity.WARNING)
    ]


def test_what_grows_has_to_be_sold(desk: Desk) -> None:
    sold_out(desk)
    desk.fleet.write_text(TINY.replace("    cpu: 4\n", "    cpu: 4\n    replicas: 9\n"))

    with pytest.raises(PlanStale) as refused:
        desk.apply()

    assert codes(refused.value) == ["offer-gone"]


def test_what_is_gone_from_the_cloud_and_made_again_has_to_be_sold(desk: Desk) -> None:
    sold_out(desk)
    ((cluster,)) = (recorded(desk).desired or {})["clusters"]
    desk.provisioner.lose(cluster["pools"][0]["name"])

    with pytest.raises(PlanStale) as refused:
        desk.apply()

    assert codes(refused.value) == ["offer-gone"]


def test_nobody_has_to_answer_where_nothing_is_bought(desk: Desk) -> None:
    desk.fleet.write_text(TWO)
    desk.apply()
    desk.fleet.write_text(TINY)
    desk.silent = True

    applied = desk.apply()

    assert applied.outcome.is_complete
    assert pools(desk) == 1
    assert {found.code for found in desk.warned} == {"prices-not-confirmed"}


def test_who_sells_has_to_answer_where_something_is_bought(desk: Desk) -> None:
    desk.fleet.write_text(TWO)
    desk.silent = True

    with pytest.raises(NotCovered) as refused:
        desk.apply()

    assert codes(refused.value) == ["prices-not-confirmed"]


def test_the_total_counts_what_stays(desk: Desk) -> None:
    there = {
        pool.offer.name for pool in fleet_of_desired(recorded(desk).desired or {}, "USD").pools
    }
    desk.offers = tuple(
        dearer([offer], 500)[0] if offer.name in there else offer for offer in prices().offers
    )
    desk.fleet.write_text(TWO)

    with pytest.raises(PlanStale) as refused:
        desk.apply()

    assert codes(refused.value) == ["price-moved"]
