"""Traps of the engine and its SDK, each with what keeps us out of it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pulumi
import pytest

from broker.domain.errors import (
    EngineFailed,
    Interrupted,
    PlanStale,
    TimedOut,
    UsageInvalid,
)
from broker.domain.members import Member
from broker.ports.provisioning import StepEvent, Watch
from stacks.automation import PulumiProvisioner
from tests.conftest import ROOT
from tests.engine.conftest import Provision
from tests.fakes.engine_processes import engines_of, meanwhile, until
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_member, small_program

MEMBER = small_member(pool=2)
ALL = ["cluster", "network", "pool"]
CANARY = "canary-Zq7vXw"


def test_an_engine_that_is_ended_at_once_leaves_a_record_that_can_be_mended(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner, watch = provision(), Watch()
    cloud.seconds = {"pool": 30}

    def twice() -> None:
        watch.stop.set()
        watch.stop_now.set()

    second = meanwhile(cloud, twice)
    with pytest.raises(Interrupted):
        provisioner.up(MEMBER, watch=watch)
    second.join()
    recovery = provisioner.recover(MEMBER)

    assert [resource.name for resource in recovery.adopted] == ["pool"]
    assert provisioner.preview(MEMBER).steps == ()
    assert cloud.names() == ALL


def test_a_cloud_that_hangs_ends_in_time_and_nothing_is_lost(
    provision: Provision, cloud: SmallCloud
) -> None:
    provision().up(small_member(first=1))
    cloud.seconds = {"pool": 60}
    member = small_member(first=1, pool=2)

    with pytest.raises(TimedOut) as late:
        provision(timeout_seconds=8, grace_seconds=0.5).up(member)
    cloud.seconds = {}
    provision().recover(member)

    assert late.value.diagnostics[0].code == "engine-timeout"
    assert provision().preview(member).steps == ()
    assert cloud.names() == ["cluster", "first", "network", "pool"]


def test_ctrl_c_at_a_terminal_does_not_reach_the_engine(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    cloud.seconds = {"pool": 1}
    groups: list[int] = []
    seen = meanwhile(
        cloud, lambda: groups.extend(os.getpgid(pid) for pid in engines_of(os.getpid()))
    )

    provisioner.up(MEMBER)
    seen.join()

    assert len(groups) == 1
    assert groups[0] != os.getpgrp()


def test_settings_of_the_user_for_pulumi_do_not_change_how_it_runs(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With the first, a preview of drift does not work; with the second, secrets are printed.
    monkeypatch.setenv("PULUMI_SKIP_CONFIRMATIONS", "true")
    monkeypatch.setenv("PULUMI_DEBUG_GRPC", "/nowhere/at/all.json")
    provisioner = provision()
    provisioner.up(MEMBER)

    assert provisioner.drift(MEMBER).steps == ()


def test_nothing_of_the_engine_is_left_in_the_users_home(
    provision: Provision, tmp_path: Path
) -> None:
    provision().preview(MEMBER)

    assert not (Path(os.environ["HOME"]) / ".pulumi").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a folder"]
    assert list((tmp_path / "a folder" / "members").rglob("scratch-*")) == []


def test_eight_programs_in_eight_threads_do_not_mix(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    members = [small_member(f"aws-{n}", **{f"pool-{n}": n + 1}) for n in range(8)]

    with ThreadPoolExecutor(8) as threads:
        states = list(threads.map(provisioner.up, members))

    for number, state in enumerate(states):
        assert [each.name for each in state.resources] == ["network", "cluster", f"pool-{number}"]
        assert state.outputs["cluster"] == f"aws-{number}"
    assert len(cloud.there()) == 24
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(provisioner.down, members))
    assert cloud.there() == {}


def test_two_changes_of_one_member_come_one_after_the_other(
    provision: Provision, cloud: SmallCloud
) -> None:
    cloud.seconds = {"pool": 1}

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda made: made.up(MEMBER), [provision(), provision()])

    assert first == second
    assert cloud.names() == ALL


def secretive(member: Member) -> Callable[[], None]:
    """The small program, with a secret as input and as output."""
    make = small_program(member)

    def program() -> None:
        import pulumi_aws as aws

        secret = pulumi.Output.secret(CANARY)
        aws.ec2.Vpc("secretive", cidr_block=secret)
        make()
        pulumi.export("token", secret)
        pulumi.export("nested", {"list": [secret]})

    return program


def test_secrets_are_in_no_value_no_message_and_no_file(
    provision: Provision, cloud: SmallCloud, tmp_path: Path
) -> None:
    events: list[StepEvent] = []
    provisioner = provision(
        program_of=secretive,
        passphrase=f"passphrase-{CANARY}",
        environment={"SMALL_API_TOKEN": f"token-{CANARY}"},
    )
    preview = provisioner.preview(MEMBER)
    cloud.refuse("pool", f"no: passphrase-{CANARY} token-{CANARY}")

    with pytest.raises(EngineFailed) as failed:
        provisioner.up(MEMBER, approved=preview, watch=Watch(heard=events.append))
    state = provisioner.state(MEMBER)
    drift = provisioner.drift(MEMBER)

    assert CANARY in str(cloud.there())
    told = [preview, failed.value.diagnostics, events, state, drift]
    assert [each for each in told if CANARY in repr(each)] == []
    assert "no: (hidden) (hidden)" in repr(events)
    assert state.outputs["nested"] == {"list": [None]}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def test_the_digest_of_a_record_with_secrets_stays_while_nothing_changes(
    provision: Provision,
) -> None:
    provisioner = provision(program_of=secretive, passphrase=CANARY)
    state = provisioner.up(MEMBER)

    assert provisioner.up(MEMBER).checkpoint == state.checkpoint
    assert provisioner.refresh(MEMBER).checkpoint == state.checkpoint


def broken(member: Member) -> Callable[[], None]:
    def program() -> None:
        message = "a bug in a program"
        raise ZeroDivisionError(message)

    return program


def test_a_bug_in_a_program_comes_out_as_it_is(provision: Provision, cloud: SmallCloud) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug in a program"):
        provision(program_of=broken).up(MEMBER)

    assert cloud.names() == []


def test_what_a_program_refuses_is_said_in_its_own_words(provision: Provision) -> None:
    def refusing(member: Member) -> Callable[[], None]:
        raise UsageInvalid

    with pytest.raises(UsageInvalid):
        provision(program_of=refusing).preview(MEMBER)


def test_a_bug_leaves_no_event_loop_behind(provision: Provision) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            provision(program_of=broken).preview(MEMBER)

    until(lambda: len(os.listdir("/proc/self/fd")) <= before + 3)  # noqa: PTH208


def hooked(calls: list[str], *, vetoes: bool = False) -> Callable[[Member], Callable[[], None]]:
    """A program whose pool is drained before it is deleted."""

    def program_of(member: Member) -> Callable[[], None]:
        def drain(args: pulumi.ResourceHookArgs) -> None:
            calls.append(args.name)
            if vetoes:
                message = "pods are still running"
                raise RuntimeError(message)

        def program() -> None:
            import pulumi_aws as aws

            hook = pulumi.ResourceHook("drain", drain)
            options = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_delete=[hook]))
            aws.ec2.Vpc("drained", cidr_block="10.0.0.0/16", opts=options)

        return program

    return program_of


def test_hooks_are_run_when_a_member_is_taken_away(provision: Provision, cloud: SmallCloud) -> None:
    calls: list[str] = []
    provision(program_of=hooked(calls)).up(MEMBER)

    with pytest.raises(EngineFailed) as kept:
        provision(program_of=hooked(calls, vetoes=True)).down(MEMBER)
    assert "pods are still running" in kept.value.diagnostics[0].detail
    assert cloud.names() == ["drained"]
    provision(program_of=hooked(calls)).down(MEMBER)

    assert calls == ["drained", "drained"]
    assert cloud.names() == []


def test_a_plan_that_is_stale_touches_nothing(provision: Provision, cloud: SmallCloud) -> None:
    provisioner = provision()
    provisioner.up(small_member(pool=2))
    approved = provisioner.preview(small_member(pool=3))
    provisioner.up(small_member(pool=6))
    cloud.log.clear()

    # The engine itself would apply a plan for 2 -> 3 although 6 are there.
    with pytest.raises(PlanStale):
        provisioner.up(small_member(pool=3), approved=approved)

    assert cloud.log == []


def test_a_value_that_the_approved_plan_did_not_have_is_refused(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    approved = provisioner.preview(MEMBER)
    another = replace(approved, steps=approved.steps[:-1])

    with pytest.raises(PlanStale):
        provisioner.up(MEMBER, approved=another)

    assert cloud.names() == []


CHILD = """
import os, sys
from pathlib import Path
from broker.ports.provisioning import Workshop
from stacks.automation import PulumiProvisioner
from tests.fakes.small_program import small_member, small_program, small_warm
failpoint = sys.argv[2]
def passed(name):
    if name == failpoint:
        os.kill(os.getpid(), 9)
provisioner = PulumiProvisioner(
    Workshop(
        folder=Path(sys.argv[1]), fleet="research", failpoint=passed,
        environment={"PULUMI_DEBUG_PROVIDERS": sys.argv[3]},
    ),
    program_of=small_program,
    warm=small_warm,
)
getattr(provisioner, sys.argv[4])(small_member(pool=2))
"""


def child(
    folder: Path, failpoint: str, attached: dict[str, str], verb: str = "up"
) -> "subprocess.Popen[str]":
    """A broker of its own that dies at *failpoint*."""
    from tests.fakes.engine import ENGINE_ENVIRONMENT

    arguments = [str(folder), failpoint, attached["PULUMI_DEBUG_PROVIDERS"], verb]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        cwd=ROOT,
        env={**os.environ, **ENGINE_ENVIRONMENT},
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> int:
    with process:
        return process.wait(120)


@pytest.mark.parametrize(
    "failpoint",
    ["record-exported", "engine-started", "resource-started", "resource-done", "engine-ended"],
)
def test_a_broker_that_dies_at_any_point_is_followed_by_one_that_finishes(
    provision: Provision, cloud: SmallCloud, attached: dict[str, str], tmp_path: Path,
    failpoint: str,
) -> None:  # fmt: skip
    code = ended(child(tmp_path / "a folder", failpoint, attached))
    provisioner = provision()

    provisioner.recover(MEMBER)
    state = provisioner.up(MEMBER)

    assert code == -signal.SIGKILL
    assert cloud.names() == ALL
    assert {each.id for each in state.resources} == set(cloud.there())
    assert provisioner.preview(MEMBER).steps == ()


@pytest.mark.parametrize("failpoint", ["recover-cancelled", "recover-imported"])
def test_a_recovery_that_dies_is_followed_by_one_that_finishes(
    provision: Provision, cloud: SmallCloud, attached: dict[str, str], tmp_path: Path,
    failpoint: str,
) -> None:  # fmt: skip
    cloud.seconds = {"pool": 30}
    killed = child(tmp_path / "a folder", "", attached)
    assert cloud.under_way.acquire(timeout=60)
    killed.kill()
    ended(killed)
    cloud.seconds = {}

    assert ended(child(tmp_path / "a folder", failpoint, attached, "recover")) == -signal.SIGKILL
    provisioner = provision()
    provisioner.recover(MEMBER)

    assert cloud.names() == ALL
    assert provisioner.preview(MEMBER).steps == ()
    assert {each.id for each in provisioner.state(MEMBER).resources} == set(cloud.there())


def test_an_engine_does_not_outlive_its_broker_and_nobody_begins_before_it_has_ended(
    cloud: SmallCloud, attached: dict[str, str], tmp_path: Path, provision: Provision
) -> None:
    cloud.seconds = {"pool": 30}
    broker = child(tmp_path / "a folder", "", attached)
    assert cloud.under_way.acquire(timeout=60)
    (engine,) = engines_of(broker.pid)
    broker.kill()
    ended(broker)
    cloud.seconds = {}

    provision().recover(MEMBER)

    assert not Path(f"/proc/{engine}").exists()
    assert provision().preview(MEMBER).steps == ()


def test_a_watch_is_told_from_another_thread_while_the_engine_runs(
    provision: Provision, cloud: SmallCloud
) -> None:
    seen: list[tuple[str, str]] = []
    threads: set[str] = set()
    began = time.monotonic()
    times: list[float] = []

    def heard(event: StepEvent) -> None:
        seen.append((event.state, event.step.name))
        threads.add(threading.current_thread().name)
        times.append(time.monotonic() - began)

    cloud.seconds = {"pool": 2}
    provision().up(MEMBER, watch=Watch(heard=heard))

    assert seen[-2:] == [("started", "pool"), ("done", "pool")]
    assert times[-1] - times[-2] > 1.5
    assert threading.current_thread().name not in threads


def test_a_provisioner_is_found_by_its_entry_point() -> None:
    from importlib.metadata import entry_points

    (found,) = entry_points(group="gpu_broker.provisioners", name="pulumi")

    assert found.load() is PulumiProvisioner
