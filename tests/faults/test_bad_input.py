"""`broker apply` and its neighbours, badly used and badly served, over the real engine and a sandbox.

All tests share one folder, and each finds the fleet that it needs there, or makes it.
"""

import base64
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from stacks.sandbox.ledger import Ledger
from tests.fakes.engine_processes import engines_of, until
from tests.faults.bad_yard import (
    CANARIES,
    PATIENCE_SECONDS,
    BadYard,
    as_anybody,
    at_work,
    bad_yard,
    code_of,
    lines_of,
    no_room,
    read_only,
)
from tests.faults.kill_matrix import POOL, SLOW_SECONDS


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadYard]:
    with bad_yard(tmp_path_factory.mktemp("bad")) as made:
        yield made


@pytest.fixture(autouse=True)
def orders_withdrawn(yard: BadYard) -> Iterator[None]:
    """The next test finds a cloud that behaves."""
    yield
    with yard.control as control:
        control.withdraw()


@pytest.fixture
def place(yard: BadYard) -> BadYard:
    """With a fleet that is as it is recorded."""
    yard.settle()
    return yard


@pytest.fixture
def bare(yard: BadYard) -> BadYard:
    """Without a fleet."""
    yard.clear()
    return yard


# The first apply: credentials run out, then a cloud says no and means yes.


def test_expired_credentials_end_it_with_4_and_the_same_command_goes_on(bare: BadYard) -> None:
    with bare.control as control:
        control.expire_credentials(after=12)
        stopped = bare.told("apply", "-json", "-auto-approve")
        control.renew_credentials()

    lines = lines_of(stopped.stdout)
    codes = [line["diagnostic"]["code"] for line in lines if line["type"] == "diagnostic"]
    assert code_of(stopped) == 4
    assert lines[-1]["exit_code"] == 4
    assert "cloud-credentials-refused" in codes
    assert codes[-1] == "partly-applied"
    (hint,) = (
        line["diagnostic"]["hint"]
        for line in lines
        if "diagnostic" in line and line["diagnostic"]["code"] == "partly-applied"
    )
    assert hint == "Go on with: broker apply -auto-approve"
    assert [member["is_tainted"] for member in bare.state()["members"]] == [True]
    with Ledger(bare.ledger_folder) as ledger:
        made = len(ledger.resources())
    assert made == 12

    resumed = bare.told("apply", "-auto-approve")

    assert code_of(resumed) == 0, resumed.stderr
    assert bare.nodes() == [bare.replicas]
    bare.assert_sound()


def test_a_saved_plan_is_refused_before_any_call_unless_all_of_it_still_holds(
    place: BadYard, tmp_path: Path
) -> None:
    place.more()
    planned = place.told("plan", "-out=fleet.plan", "-detailed-exitcode")
    assert code_of(planned) == 2, planned.stderr
    calls, state = place.changes(), place.state()

    def refused(*words: str, **env: str) -> str:
        done = place.told("apply", *words, **env)
        assert code_of(done) == 1, done.stdout + done.stderr
        codes = re.findall(r"^Error: .*\[([a-z-]+)\]$", done.stderr, re.MULTILINE)
        return str(codes[0])

    (tmp_path / "home").mkdir()
    changed = bytearray((place.folder / "fleet.plan").read_bytes())
    changed[len(changed) // 2] ^= 1
    (place.folder / "changed.plan").write_bytes(changed)
    assert refused("changed.plan") in {"signature-wrong", "plan-file-damaged"}
    assert refused("fleet.plan", HOME=str(tmp_path / "home")) == "signer-unknown"
    assert refused("fleet.plan", BROKER_NOW="2031-01-01T00:00:00Z") == "plan-expired"
    assert refused("fleet.plan", BROKER_NOW="2021-01-01T00:00:00Z") == "plan-from-future"
    assert refused("fleet.plan", "-target=aws-us-east-1") == "usage-invalid"
    assert place.told("workspace", "new", "elsewhere").returncode == 0
    assert refused("fleet.plan") in {"plan-for-other-state", "plan-stale"}
    assert place.told("workspace", "select", "default").returncode == 0
    assert (place.changes(), place.state()) == (calls, state)

    applied = place.told("apply", "fleet.plan", "-json")

    assert code_of(applied) == 0, applied.stdout
    lines_of(applied.stdout)
    assert place.nodes() == [place.replicas]
    calls = place.changes()
    assert refused("fleet.plan") == "plan-replayed"
    assert place.changes() == calls


def test_of_two_applies_at_once_one_wins_and_who_waits_finds_nothing_to_do(place: BadYard) -> None:
    place.more()
    with place.control as control:
        control.latency(POOL, 3 * SLOW_SECONDS, times=1)
    calls = place.changes()
    first = place.start("apply", "-auto-approve")
    try:
        until(lambda: place.changes() > calls or first.poll() is not None, PATIENCE_SECONDS)
        second = place.told("apply", "-auto-approve")
        third = place.told("apply", "-auto-approve", "-refresh=false", "-lock-timeout=120")
        said = place.heard(first)
    finally:
        first.kill()

    assert first.returncode == 0, said
    assert code_of(second) == 5
    assert re.search(r"ID: +[0-9a-f]{16}\n", second.stderr)
    assert re.search(r"Operation: +apply\n", second.stderr)
    assert re.search(rf"Who: +\S+@{os.uname().nodename} \(process {first.pid}\)\n", second.stderr)
    assert re.search(r"Created: +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", second.stderr)
    assert code_of(third) == 0, third.stderr
    assert "Nothing to apply" in third.stdout
    place.assert_sound()


# Ctrl-C.


def test_ctrl_c_once_finishes_what_is_under_way_and_twice_stops_at_once(place: BadYard) -> None:
    place.more()
    with place.control as control:
        control.latency(POOL, SLOW_SECONDS)
    with at_work(place, "apply", "-auto-approve", "-refresh=false") as once:
        once.send_signal(signal.SIGINT)
        said = place.heard(once)

    assert once.returncode in {0, 130}, said  # 0 where it was the last step
    assert "is being finished and recorded" in said

    place.more()
    with place.control as control:
        control.withdraw()
        control.latency(POOL, PATIENCE_SECONDS)
    with at_work(place, "apply", "-auto-approve", "-refresh=false") as twice:
        twice.send_signal(signal.SIGINT)
        twice.send_signal(signal.SIGTERM)
        engines = engines_of(twice.pid)
        said = place.heard(twice)

    assert twice.returncode == 130, said
    assert "Stopping at once" in said
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines))
    with place.control as control:
        control.withdraw()
    assert place.told("audit", "verify").returncode == 0
    assert [member["is_tainted"] for member in place.state()["members"]] == [True]

    mended = place.told("apply", "-auto-approve")

    assert code_of(mended) == 0, mended.stderr
    assert place.nodes() == [place.replicas]
    place.assert_sound()


def test_an_engine_that_takes_too_long_is_ended_before_anything_is_changed(place: BadYard) -> None:
    calls, serial = place.changes(), place.state()["serial"]
    place.want(place.replicas + 1)

    done = place.told("apply", "-auto-approve", "-refresh=false", "-timeout=1s")

    place.want(place.replicas)
    assert code_of(done) == 1
    assert "[engine-timeout]" in done.stderr
    assert (place.changes(), place.state()["serial"]) == (calls, serial)


@pytest.mark.parametrize(
    ("words", "answer", "code"),
    [
        (("apply", "-refresh=false"), "no\n", ""),
        (("destroy",), "no\n", ""),
        (("destroy",), "", "approval-missing"),
        (("destroy", "-input=false"), "yes\n", "approval-missing"),
    ],
    ids=["apply, no", "no", "the end of input", "-input=false"],
)
def test_without_a_yes_nothing_is_changed(
    place: BadYard, words: tuple[str, ...], answer: str, code: str
) -> None:
    place.want(place.replicas + 1)
    calls, serial = place.changes(), place.state()["serial"]

    done = place.told(*words, answer=answer)

    place.want(place.replicas)
    assert code_of(done) == 1
    assert (f"[{code}]" in done.stderr) if code else ("nothing was changed" in done.stdout)
    assert (place.changes(), place.state()["serial"]) == (calls, serial)


def test_ctrl_c_at_the_question_changes_nothing(place: BadYard) -> None:
    calls, serial = place.changes(), place.state()["serial"]
    process = place.asked("destroy")
    try:
        assert process.stdout is not None
        shown = ""
        while "Enter a value" not in shown:
            shown += process.stdout.read(1)
            assert process.poll() is None, shown
        process.send_signal(signal.SIGINT)
        said = place.heard(process)
    finally:
        process.kill()

    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert (place.changes(), place.state()["serial"]) == (calls, serial)


def test_programs_are_answered_in_lines_whatever_goes_wrong(place: BadYard) -> None:
    calls = place.changes()
    for words in (("apply", "-json"), ("destroy", "-json"), ("apply", "-json", "-refresh-only")):
        done = place.told(*words)
        lines = lines_of(done.stdout)
        assert code_of(done) == lines[-1]["exit_code"] == 1
        assert [line["diagnostic"]["code"] for line in lines if "diagnostic" in line] == [
            "approval-missing"
        ]
    for words in (("apply", "-parallelism=0"), ("apply", "-no-such"), ("destroy", "a", "b")):
        assert code_of(place.told(*words)) == 1
    assert place.changes() == calls


def test_what_forbids_to_be_destroyed_is_not(place: BadYard) -> None:
    spec = place.folder / "fleet.yaml"
    spec.write_text(spec.read_text() + "    destroy: forbidden\n")
    calls = place.changes()

    done = place.told("destroy", "-auto-approve")

    place.want(place.replicas)
    assert code_of(done) == 3
    assert "[cluster-protected]" in done.stderr
    assert place.changes() == calls


# Disks.


def test_a_plan_that_can_not_be_saved_leaves_the_one_before(place: BadYard) -> None:
    plan = place.folder / "kept.plan"
    plan.write_text("{}")

    done = place.told("plan", "-out=kept.plan", before=no_room)

    assert code_of(done) == 1
    assert "[output-unwritable]" in done.stderr
    assert plan.read_text() == "{}"
    assert [path.name for path in place.folder.glob(".kept*")] == []


def test_where_it_may_not_write_nothing_is_begun_and_nothing_lost(place: BadYard) -> None:
    place.more()
    calls, before = place.changes(), place.state()
    for what in ("", "lock.db", "journal.db", "stacks"):
        with read_only(place.ledger_folder / what):
            done = place.told("apply", "-auto-approve", "-refresh=false", before=as_anybody)
        assert code_of(done) in {1, 4}, (what, done.stdout, done.stderr)
        assert place.changes() == calls, what
        after = place.state()
        assert after["lineage"] == before["lineage"], what
        assert [m["name"] for m in after["members"]] == [m["name"] for m in before["members"]]

    assert place.told("audit", "verify").returncode == 0
    assert code_of(place.told("apply", "-auto-approve")) == 0
    assert place.nodes() == [place.replicas]
    place.assert_sound()


# Drift.


def test_drift_is_found_accepted_and_set_right(place: BadYard) -> None:
    with place.control as control:
        control.drift(f"{POOL}:pool-g6-xlarge-on-demand", "scalingConfig.minSize", 1)

    found = place.told("drift", "-detailed-exitcode")
    planned = place.told("plan", "-refresh", "-detailed-exitcode")
    accepted = place.told("apply", "-refresh-only", "-auto-approve")
    again = place.told("drift", "-detailed-exitcode")
    healed = place.told("apply", "-auto-approve")

    assert code_of(found) == 2
    assert "minSize" in found.stdout
    assert code_of(planned) == 2, planned.stdout + planned.stderr
    assert "Drift (1 shown" in planned.stdout
    assert code_of(accepted) == 0, accepted.stderr
    assert code_of(again) == 0, again.stdout
    assert code_of(healed) == 0, healed.stderr
    assert place.nodes() == place.nodes("minSize") == [place.replicas]
    place.assert_sound()


# What the cloud has not.


def test_over_quota_ends_it_with_4_and_the_command_that_goes_on(place: BadYard) -> None:
    place.more()
    with place.control as control:
        control.limit(place.family(), 0)

    done = place.told("apply", "-auto-approve", "-refresh=false", "-price-tolerance=0")

    assert code_of(done) == 4, done.stdout + done.stderr
    assert "[quota-exceeded]" in done.stderr
    (named,) = re.findall(r"Go on with: broker (.*)", done.stderr)
    resumed = ["-refresh=false", "-price-tolerance=0", "-forget-stock-outs", "-auto-approve"]
    assert named.split() == ["apply", *resumed]
    with place.control as control:
        control.withdraw()
    assert code_of(place.told("apply", *resumed)) == 0
    assert place.nodes() == [place.replicas]
    place.assert_sound()


def test_a_stock_out_is_answered_with_the_next_best_that_was_agreed_to(place: BadYard) -> None:
    place.more()
    with place.control as control:
        control.stock_out("g6.xlarge")

    done = place.told("apply", "-auto-approve", "-refresh=false", "-price-tolerance=100%")

    assert code_of(done) == 0, done.stdout + done.stderr
    assert "Looking for the next best fleet" in done.stdout
    assert sum(place.nodes()) == place.replicas
    place.assert_sound()
    with place.control as control:
        control.withdraw()
    planned = place.told("plan", "-detailed-exitcode", "-preview=false")
    assert (code_of(planned), "us-east-1 g6.xlarge on-demand: sold out at" in planned.stdout) == (
        0,
        True,
    )
    again = ["-auto-approve", "-refresh=false", "-forget-stock-outs"]
    assert code_of(place.told("apply", *again)) == 0
    assert place.nodes() == [place.replicas]


TUNE = """
  - name: tune
    kind: training
    accelerators: {model: A100, count: 8}
    runs: always
"""


def test_a_saved_plan_that_fell_back_in_vain_goes_on_once_there_is_stock(place: BadYard) -> None:
    spec = place.folder / "fleet.yaml"
    before = spec.read_text()
    spec.write_text(before + TUNE)
    planned = place.told("plan", "-out=tune.plan", "-price-tolerance=100%", "-preview=true")
    assert code_of(planned) == 0, planned.stderr
    with place.control as control:
        control.stock_out("p4d.24xlarge")
        control.stock_out("p4de.24xlarge")

    failed = place.told("apply", "tune.plan")

    assert code_of(failed) == 4, failed.stdout + failed.stderr
    assert "[no-lawful-offer]" in failed.stderr
    assert "Go on with: broker apply tune.plan" in failed.stderr
    known = {each["machine_type"] for each in place.state()["stock_outs"]}
    assert known == {"p4d.24xlarge", "p4de.24xlarge"}
    with place.control as control:
        control.withdraw()
    resumed = place.told("apply", "tune.plan")
    assert code_of(resumed) == 0, resumed.stdout + resumed.stderr
    assert [each["machine_type"] for each in place.state()["stock_outs"]] == ["p4de.24xlarge"]
    place.assert_sound()
    spec.write_text(before)
    assert code_of(place.told("apply", "-auto-approve", "-refresh=false")) == 0


def test_only_what_was_named_is_changed_or_made_anew(place: BadYard) -> None:
    place.more()
    left = place.told("apply", "-exclude=cluster.aws-us-east-1", "-auto-approve", "-refresh=false")
    unknown = place.told("apply", "-target=cluster.nowhere", "-auto-approve", "-refresh=false")
    assert code_of(left) == 0, left.stderr
    assert code_of(unknown) == 1
    assert "[address-unknown]" in unknown.stderr
    assert place.nodes() != [place.replicas]

    address = "pool.aws-us-east-1.g6-xlarge-on-demand"
    anew = place.told("apply", f"-replace={address}", f"-target={address}", "-auto-approve")

    assert code_of(anew) == 0, anew.stderr
    with Ledger(place.ledger_folder) as ledger:
        gone = [call for call in ledger.calls() if (call.type, call.outcome) == (POOL, "gone")]
    assert gone
    assert place.nodes() == [place.replicas]
    place.assert_sound()


# In the end.


def test_an_error_after_creating_leads_to_one_and_not_to_two(bare: BadYard) -> None:
    with bare.control as control:
        control.fail(POOL, "api error InternalFailure: try again", after_creating=True)

    failed = bare.told("apply", "-auto-approve")
    adopted = bare.told("apply", "-auto-approve")

    assert code_of(failed) == 4
    assert code_of(adopted) == 0, adopted.stdout + adopted.stderr
    assert bare.nodes() == [bare.replicas]
    bare.assert_sound()


def test_no_secret_is_anywhere(place: BadYard) -> None:
    assert code_of(place.told("plan", "-out=last.plan")) == 0
    forms = {
        form
        for token in CANARIES.values()
        for form in (token, quote(token), base64.b64encode(token.encode()).decode().rstrip("="))
    }
    files = [path for path in place.folder.rglob("*") if path.is_file()]

    found = [
        (path.name, form) for path in files for form in forms if form.encode() in path.read_bytes()
    ]
    told = [form for said in place.said for form in forms if form in said]

    assert len(files) > 20
    assert (found, told) == ([], [])


def test_in_the_end_nothing_is_left_and_each_resource_was_told_of(place: BadYard) -> None:
    with Ledger(place.ledger_folder) as ledger:
        made = len(ledger.resources())
    calls = place.changes()
    foreseen = place.told("plan", "-destroy", "-detailed-exitcode")
    assert code_of(foreseen) == 2, foreseen.stderr
    assert f"1 to destroy ({made} cloud resources)" in foreseen.stdout
    assert place.changes() == calls

    done = place.told("apply", "-destroy", "-auto-approve", "-json")

    lines = lines_of(done.stdout)
    assert code_of(done) == lines[-1]["exit_code"] == 0
    planned, came = [line["changes"] for line in lines if line["type"] == "change_summary"]
    assert (planned["operation"], planned["remove"]) == ("plan", made)
    assert (came["operation"], came["remove"]) == ("destroy", made)
    ended = [line["hook"]["resource"]["addr"] for line in lines if line["type"] == "apply_complete"]
    told = [
        line["change"]["resource"]["addr"] for line in lines if line["type"] == "planned_change"
    ]
    assert {address for address in told if "/" in address} <= set(ended)
    with Ledger(place.ledger_folder) as ledger:
        assert ledger.resources() == []
    assert place.told("audit", "verify").returncode == 0
