"""Resources as they are changed: what is under way, for how long, and what it came to."""

from dataclasses import replace
from threading import Event

from broker.cli.render.steps import MOST_STILL, render_step, render_still
from broker.cli.steps import Steps, Tally, every
from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StepOp
from broker.ports.provisioning import StepEvent


class Watch:
    """Tells the seconds that a test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def event(name: str, state: str, op: StepOp = StepOp.CREATE) -> StepEvent:
    step = ResourceStep(name=name, type="aws:eks/cluster:Cluster", op=op)
    return StepEvent(member=ClusterName("aws-us-east-1"), step=step, state=state)


def test_a_step_is_told_with_the_time_that_it_took() -> None:
    watch = Watch()
    steps = Steps(watch)

    begun = steps.heard(event("main", "started"))
    watch.now = 75.4
    done = steps.heard(event("main", "done"))

    assert render_step(begun) == "aws-us-east-1/main (Cluster): Creating..."
    assert render_step(done) == "aws-us-east-1/main (Cluster): Creation complete after 1m15s"
    assert steps.under_way() == []


def test_a_step_that_fails_is_told_with_its_reason() -> None:
    watch = Watch()
    steps = Steps(watch)
    steps.heard(event("main", "started", StepOp.UPDATE))
    watch.now = 2

    told = steps.heard(replace(event("main", "failed", StepOp.UPDATE), message="no room"))

    assert render_step(told).endswith("main (Cluster): Modifications failed after 2s: no room")
    assert steps.tally() == Tally()


def test_the_longest_of_what_is_under_way_are_named_and_the_rest_is_counted() -> None:
    watch = Watch()
    steps = Steps(watch)
    for number in range(MOST_STILL + 2):
        watch.now = number
        steps.heard(event(f"r{number}", "started", StepOp.DELETE))
    watch.now = 60

    lines = list(render_still(steps.under_way()))

    assert lines[0] == "aws-us-east-1/r0 (Cluster): Still destroying... [1m0s elapsed]"
    assert lines[MOST_STILL:] == ["... and 2 more under way"]


def test_what_is_done_is_counted_as_terraform_counts_it() -> None:
    steps = Steps(Watch())
    for name, op in [
        ("a", StepOp.CREATE),
        ("b", StepOp.UPDATE),
        ("c", StepOp.REPLACE),
        ("c", StepOp.DELETE),
    ]:
        steps.heard(event(name, "started", op))
        steps.heard(event(name, "done", op))

    assert steps.tally() == Tally(added=2, changed=1, destroyed=1)


def test_what_was_not_begun_here_was_found() -> None:
    steps = Steps(Watch())

    assert steps.heard(event("a", "done", StepOp.DELETE)).is_found
    assert steps.tally() == Tally()
    steps.heard(event("b", "done", StepOp.IMPORT))
    assert steps.tally() == Tally(imported=1)


def test_it_is_told_again_and_again_until_the_block_ends() -> None:
    heard = Event()

    with every(0.01, heard.set):
        assert heard.wait(10)


def test_of_a_cluster_that_the_engine_has_left_nothing_is_under_way() -> None:
    steps = Steps(Watch())
    steps.heard(event("main", "started"))
    steps.heard(replace(event("main", "started"), member=ClusterName("gcp-us-east1")))

    steps.ended("aws-us-east-1")

    assert [str(told.event.member) for told in steps.under_way()] == ["gcp-us-east1"]
    assert steps.tally() == Tally()
