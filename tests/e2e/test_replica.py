"""One state in one cloud, its replica in another: what a user can do while the first one is down."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from broker.planning.desired import desired_document
from broker.planning.state_document import state_document
from broker.ports.objects import Objects
from broker.ports.state import first_state
from tests.conftest import Broker
from tests.fakes.fleets import research
from tests.fakes.shared_places import PLACES

FIRST_DOWN = [("s3", "gs"), ("folder", "azblob")]
SECOND_DOWN = [("gs", "folder"), ("azblob", "s3")]
"""Those that go down are those that say so soonest."""


@dataclass
class Desk:
    """A computer in *folder* with both places."""

    broker: Broker
    folder: Path
    places: dict[str, str]
    open: dict[str, ExitStack] = field(default_factory=dict)

    def run(self, *arguments: str, code: int = 0, **changed: str) -> tuple[str, str]:
        """What it prints and says; *changed* are other places."""
        env = {**self.places, **changed, "HOME": str(self.folder / "home")}
        done = self.broker(*arguments, cwd=self.folder, env=env, input="")
        assert done.returncode == code, done.stderr
        return done.stdout, done.stderr


def opened(
    name: str, monkeypatch: pytest.MonkeyPatch, stack: ExitStack
) -> tuple[str, AbstractContextManager[Objects]]:
    place = PLACES[name](monkeypatch)
    return stack.enter_context(place).address, place


@pytest.fixture
def desk(
    request: pytest.FixtureRequest,
    broker: Broker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    first, second = request.param
    with ExitStack() as here, ExitStack() as there:
        places = {
            "BROKER_STATE": opened(first, monkeypatch, here)[0],
            "BROKER_STATE_REPLICA": opened(second, monkeypatch, there)[0],
        }
        (tmp_path / "work").mkdir()
        yield Desk(broker, tmp_path / "work", places, {"state": here, "replica": there})


def push(desk: Desk) -> None:
    state = replace(first_state("research", "USD"), desired=desired_document(research()))
    path = desk.folder / "state.json"
    path.write_text(json.dumps(state_document(state)))
    desk.run("state", "push", str(path))


@pytest.mark.parametrize("desk", FIRST_DOWN, ids="-".join, indirect=True)
def test_a_state_that_is_down_is_read_from_its_replica_which_can_take_its_place(desk: Desk) -> None:
    push(desk)
    before, quiet = desk.run("state", "list")
    assert quiet == ""

    desk.open["state"].close()

    listed, told = desk.run("state", "list")
    assert listed == before
    assert "state-from-replica" in told
    refused = desk.run("state", "rm", "workload.chat", code=1)[1]
    assert "state-unavailable" in refused
    assert "broker state promote" in refused
    document = json.loads(desk.run("state", "promote", "-force", "-json")[0])
    address = desk.places["BROKER_STATE_REPLICA"]
    assert (document["address"], document["serial"]) == (address, 1001)

    promoted = {"BROKER_STATE": address, "BROKER_STATE_REPLICA": ""}
    assert desk.run("state", "list", **promoted) == (before, "")
    desk.run("state", "rm", "workload.chat", **promoted)
    assert "workload.chat" not in desk.run("state", "list", **promoted)[0]
    assert "what was written" in desk.run("audit", "verify", **promoted)[0]


@pytest.mark.parametrize("desk", [("folder", "folder")], ids="-".join, indirect=True)
def test_at_the_promoted_state_the_place_of_before_is_called_the_older_one(desk: Desk) -> None:
    push(desk)
    first, second = desk.places["BROKER_STATE"], desk.places["BROKER_STATE_REPLICA"]
    folder = Path(first.removeprefix("file://"))
    folder.rename(folder.with_name("away"))
    checks = json.loads(desk.run("doctor", "-json")[0])["checks"]
    found = {check["name"]: check["found"] for check in checks}
    assert "There is no folder" in found["state"]
    assert found["replica"].startswith("serial 1, copied 0 min ago")
    desk.run("state", "promote", "-force")
    folder.with_name("away").rename(folder)
    swapped = {"BROKER_STATE": second, "BROKER_STATE_REPLICA": first}

    refused = desk.run("state", "rm", "workload.chat", code=1, **swapped)[1]

    assert f"an older one than that in {second}" in " ".join(refused.split())
    assert f"BROKER_STATE={first}" not in refused
    checks = json.loads(desk.run("doctor", "-json", **swapped)[0])["checks"]
    (replica,) = [check for check in checks if check["name"] == "replica"]
    assert "broker state replicate -force" in replica["hint"]
    desk.run("state", "replicate", "-force", **swapped)
    desk.run("state", "rm", "workload.chat", **swapped)


@pytest.mark.parametrize("desk", SECOND_DOWN, ids="-".join, indirect=True)
def test_a_replica_that_is_down_is_told_and_made_up_for(desk: Desk) -> None:
    desk.open["replica"].close()

    push(desk)
    _, told = desk.run("state", "rm", "workload.chat")

    assert told.count("replica-behind") == 1
    checks = json.loads(desk.run("doctor", "-json")[0])["checks"]
    (replica,) = [check for check in checks if check["name"] == "replica"]
    assert replica["status"] == "warning"


@pytest.mark.parametrize("desk", [("folder", "folder")], ids="-".join, indirect=True)
def test_while_both_can_be_reached_they_change_places(desk: Desk) -> None:
    push(desk)
    first, second = desk.places["BROKER_STATE"], desk.places["BROKER_STATE_REPLICA"]
    assert f"the replica {second} agrees" in desk.run("audit", "verify")[0]

    desk.run("state", "promote", "-force")

    assert "state-is-replica" in desk.run("state", "rm", "workload.chat", code=1)[1]
    swapped = {"BROKER_STATE": second, "BROKER_STATE_REPLICA": first}
    desk.run("state", "rm", "workload.chat", **swapped)
    assert f"the replica {first} agrees" in desk.run("audit", "verify", **swapped)[0]
    checks = json.loads(desk.run("doctor", "-json", **swapped)[0])["checks"]
    (replica,) = [check for check in checks if check["name"] == "replica"]
    assert (replica["status"], replica["found"][:10]) == ("ok", "up to date")


@pytest.mark.parametrize("desk", [("folder", "folder")], ids="-".join, indirect=True)
def test_without_a_yes_nothing_is_promoted(desk: Desk) -> None:
    push(desk)

    told = desk.run("state", "promote", code=1)[1]

    assert "promotion-cancelled" in told
    assert "serial 1 of fleet research" in told
    desk.run("state", "rm", "workload.chat")
