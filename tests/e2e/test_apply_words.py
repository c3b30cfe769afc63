"""How verbs that change a fleet are asked for, before anything is done."""

import pytest

from tests.conftest import Broker


@pytest.mark.parametrize("name", ["tfplan", "missing.plan"])
def test_a_plan_that_is_not_there_is_told_with_how_to_save_one(broker: Broker, name: str) -> None:
    done = broker("apply", name)

    assert done.returncode == 1
    assert "[plan-file-unreadable]" in done.stderr
    assert f"`broker plan -out={name}`" in done.stderr


def test_a_spec_that_is_not_there_is_told_with_how_to_begin_one(broker: Broker) -> None:
    done = broker("apply", "other.yaml")

    assert done.returncode == 1
    assert "[file-missing]" in done.stderr
    assert "`broker init`" in done.stderr
