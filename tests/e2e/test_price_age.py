"""`-max-price-age`: what is known too long ago is not ranked."""

import json

import pytest

from tests.conftest import ROOT, Broker

FLEET = str(ROOT / "examples" / "startup")
NOW = {"BROKER_NOW": "2026-11-25T08:00:00Z"}


def test_prices_that_are_older_are_not_ranked(broker: Broker) -> None:
    """Spot prices of the tables are of July, those on demand are a year old."""
    plain = json.loads(broker("plan", FLEET, "-json", env=NOW).stdout)
    same = json.loads(broker("plan", FLEET, "-json", "-max-price-age=500d", env=NOW).stdout)
    young = broker("plan", FLEET, "-json", "-max-price-age=200d", env=NOW)

    assert same == plain
    placed = json.loads(young.stdout)["desired"]
    assert young.returncode == 0, young.stdout
    dates = {pool["offer"]["fetched_at"] for c in placed["clusters"] for pool in c["pools"]}
    assert min(dates) > "2026-05"


def test_if_all_are_older_the_rule_is_named(broker: Broker) -> None:
    done = broker("plan", FLEET, "-max-price-age=12h", env=NOW)

    assert done.returncode == 6
    assert "price-age" in done.stderr
    assert "older than allowed" in done.stderr
    assert "`broker refresh`" in done.stderr


@pytest.mark.parametrize("age", ["0h", "old", "12", "-1d", ""])
def test_what_is_no_age_is_refused(age: str, broker: Broker) -> None:
    done = broker("plan", FLEET, f"-max-price-age={age}", env=NOW)

    assert done.returncode == 1
    assert "is not an age such as 12h or 7d" in done.stderr
