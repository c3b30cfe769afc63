"""`broker reap` over what somebody's death left half made, and over its own."""

import json
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest

from broker.storage.clock import SystemClock
from stacks.sandbox.ledger import Ledger
from tests.faults.kill_matrix import Yard, yard

APPLY = ("apply", "-auto-approve", "-ttl=1h")
REAP = ("reap", "-auto-approve")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with yard(tmp_path_factory.mktemp("yard")) as made:
        yield made


def later() -> str:
    """An instant at which what is made now has run out."""
    return (SystemClock().now() + timedelta(hours=2)).isoformat(timespec="seconds")


def there(place: Yard) -> list[str]:
    with Ledger(place.ledger_folder) as ledger:
        return [made.urn for made in ledger.resources()]


@pytest.mark.parametrize(
    ("maker", "reaper"),
    [
        ("resource-done:12", None),
        (None, "resource-started:5"),
        ("after-state-write:2", "after-call"),
    ],
)
def test_nothing_is_left_of_a_fleet_that_was_to_end_whoever_dies(
    place: Yard, maker: str | None, reaper: str | None
) -> None:
    made = place.run(*APPLY, **({"BROKER_FAILPOINT": maker} if maker else {}))
    assert made.returncode == (-signal.SIGKILL if maker else 0), made.stdout + made.stderr

    early = place.run(*REAP)
    assert early.returncode == 0, early.stderr
    assert early.stdout.startswith("Nothing to reap")

    if reaper:
        died = place.run(*REAP, BROKER_NOW=later(), BROKER_FAILPOINT=reaper)
        assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr
    done = place.run(*REAP, "-json", BROKER_NOW=later())

    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    begun = [line for line in lines if line["type"] == "reap_start"]
    assert [line["workspace"] for line in begun] == ["default"]
    assert [each["workspace"] for each in lines[-1]["reaped"]] == ["default"]
    assert there(place) == []
    assert json.loads(place.run("state", "pull").stdout)["members"] == []
    assert json.loads(place.run("workspace", "list", "-json").stdout)["expires_at"] == {}
    again = place.run(*REAP, BROKER_NOW=later())
    assert again.stdout.startswith("Nothing to reap")


def test_a_fleet_that_lasts_is_kept_from_every_reaper(place: Yard) -> None:
    died = place.run("apply", "-auto-approve", BROKER_FAILPOINT="resource-done:6")
    assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr
    before = there(place)

    done = place.run(*REAP, BROKER_NOW=later())

    assert done.returncode == 0, done.stderr
    assert before
    # The engine outlives who led it for a moment, and may have made more meanwhile.
    assert set(before) <= set(there(place))
