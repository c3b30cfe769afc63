"""What is said of the cost of what goes, and of what is changed, while a cluster is half made."""

from pathlib import Path

import pytest

from broker.cli.render.proposal import question_about
from broker.cli.render.removal import render_removal
from broker.cli.render.style import Style
from broker.domain.errors import PartlyApplied
from broker.usecases.destroy import DestroyRequest, Removal, foresee
from broker.usecases.removal_documents import removal_document
from tests.fakes.changing import Desk, a_pool
from tests.fakes.specs import TINY


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    return Desk(fleet)


def half_made(desk: Desk) -> None:
    """Let the only pool of the only cluster not be had: the cluster itself is there, and costs."""
    (cluster,) = desk.plan().document["desired"]["clusters"]
    for pool in cluster["pools"]:
        desk.provisioner.refuse(pool["name"], "the cloud is on fire")
    with pytest.raises(PartlyApplied):
        desk.apply()


def removal(desk: Desk) -> Removal:
    found = foresee(DestroyRequest(), desk.means(), lambda _: None)
    assert found is not None
    return found


def test_what_a_half_made_cluster_costs_is_not_known_rather_than_nothing(desk: Desk) -> None:
    half_made(desk)

    goes = removal(desk)

    told = render_removal(goes, Style())
    assert "Cost: not known now: cluster.gcp-us-central1 is half made; $0.00 a month after." in told
    assert removal_document(goes)["cost"]["before"] is None


def test_what_is_made_has_a_cost_to_be_saved(desk: Desk) -> None:
    desk.apply()

    goes = removal(desk)

    assert "a month now, $0.00 after" in render_removal(goes, Style())
    assert removal_document(goes)["cost"]["before"] is not None


def test_who_is_asked_to_go_on_with_it_hears_that_nobody_knows_what_it_costs(desk: Desk) -> None:
    half_made(desk)
    desk.answer = False

    asked = question_about(desk.apply().proposal)

    assert "what it costs now is not known, since cluster.gcp-us-central1 is half made." in asked
    assert "$0.00" not in asked


def test_that_the_protection_of_a_cluster_is_lifted_is_told_before_it_is_counted(
    desk: Desk,
) -> None:
    desk.apply()
    cluster, pool = a_pool(desk)

    whole = foresee(DestroyRequest(), desk.means(), lambda _: None)
    part = foresee(DestroyRequest(target=(f"pool.{cluster}.{pool}",)), desk.means(), lambda _: None)

    assert whole is not None
    assert part is not None
    assert "own protection of it is lifted" in render_removal(whole, Style())
    assert "protection" not in render_removal(part, Style())
