"""Who loses the lock stops, and what nobody saw nobody approved: over the real engine and a sandbox."""

from collections.abc import Iterator

import pytest

from broker.storage.clock import SystemClock
from broker.storage.leases import TTL_SECONDS, LeaseFile
from tests.faults.bad_yard import BadYard, at_work, bad_yard, code_of
from tests.faults.kill_matrix import POOL


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadYard]:
    with bad_yard(tmp_path_factory.mktemp("trust")) as made:
        yield made


def test_a_plan_without_a_preview_is_no_approval(place: BadYard) -> None:
    place.more()
    calls = place.changes()
    planned = place.told("plan", "-preview=false", "-out=blind.plan")
    refused = [place.told("apply", word, "blind.plan") for word in ("-input=false", "-json")]
    declined = place.told("apply", "blind.plan", answer="no\n")

    assert "[plan-not-previewed]" in planned.stderr
    assert [code_of(each) for each in refused] == [1, 1]
    assert "[plan-not-previewed]" in refused[0].stderr
    assert "plan-not-previewed" in refused[1].stdout
    assert code_of(declined) == 1
    assert "Cloud resources, as the engine previews them" in declined.stdout
    assert place.changes() == calls

    agreed = place.told("apply", "blind.plan", answer="yes\n")

    assert code_of(agreed) == 0, agreed.stderr
    assert place.nodes() == [place.replicas]
    place.assert_sound()


def test_a_lock_that_is_set_aside_stops_who_works_under_it(place: BadYard) -> None:
    place.more()
    with place.control as control:
        control.latency(POOL, TTL_SECONDS / 2)  # its holder hears of it in a third of that time
    with at_work(place, "apply", "-auto-approve", "-refresh=false") as working:
        lease = LeaseFile(place.stacks, SystemClock()).current()
        assert lease is not None
        assert code_of(place.told("force-unlock", "-force", lease.id)) == 0
        said = place.heard(working)

    assert working.returncode == 5, said
    assert "[lock-lost]" in said
    assert "Traceback" not in said
    assert [member["is_tainted"] for member in place.state()["members"]] == [True]
    with place.control as control:
        control.withdraw()
    assert place.told("audit", "verify").returncode == 0

    mended = place.told("apply", "-auto-approve")

    assert code_of(mended) == 0, mended.stderr
    assert place.nodes() == [place.replicas]
    place.assert_sound()
