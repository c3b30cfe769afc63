"""A lease is renewed in time, or its holder hears in time that it is not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Unwritable
from broker.ports.state import Lease
from broker.storage.heartbeat import Heart
from tests.fakes.holders import Anyone

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass
class Stalled:
    """A place that does not answer a renewal, which it is asked *after* seconds of *process*."""

    process: Anyone
    after: float = 0.0
    go_on: Event = field(default_factory=Event)
    begun: Event = field(default_factory=Event)
    asked: int = 0

    def renew(self, _: Lease) -> None:
        self.asked += 1
        self.begun.set()
        self.process.seconds += self.after
        assert self.go_on.wait(60)


def a_heart(place: Stalled, lost: Callable[[BrokerError], None], **other: Any) -> Heart:
    lease = Lease(id="1", token=1, who="ann@desk", operation="apply", since=NOON, expires_at=NOON)
    given = {"renew": place.renew, "seconds": 0.06, "ended": Event(), **other}
    return Heart(lease=lease, process=place.process, lost=lost, **given)


def test_a_renewal_that_hangs_is_told_of_before_the_lease_has_run_out() -> None:
    place = Stalled(Anyone(seconds=0.0), after=0.055)
    heard: list[BrokerError] = []

    heart = a_heart(place, heard.append)
    heart.beat()
    place.go_on.set()

    (error,) = heard
    assert [diagnostic.code for diagnostic in error.diagnostics] == ["lock-lost"]
    assert "nobody answered" in error.diagnostics[0].detail
    assert heart.unanswered.is_set()
    assert place.process.seconds < 0.06
    assert place.asked == 1


def test_who_was_held_up_longer_than_the_lease_lasts_still_waits_for_an_answer() -> None:
    """It may be renewed late, as long as nobody else has taken it."""
    process, ended = Anyone(seconds=0.0), Event()
    heard: list[BrokerError] = []

    class HeldUp(Event):
        def wait(self, timeout: float | None = None) -> bool:
            process.seconds += 0.07
            return super().wait(0)

    held_up = HeldUp()

    def renew(_: Lease) -> None:
        ended.wait(0.1)
        held_up.set()

    a_heart(Stalled(process), heard.append, renew=renew, ended=held_up).beat()

    assert heard == []


def test_a_lease_can_be_given_back_while_a_renewal_hangs() -> None:
    place, ended = Stalled(Anyone(seconds=0.0)), Event()
    heard: list[BrokerError] = []
    heart = a_heart(place, heard.append, ended=ended)
    thread = Thread(target=heart.beat)

    thread.start()
    assert place.begun.wait(20)
    ended.set()
    thread.join(20)

    assert not thread.is_alive()
    assert heart.unanswered.is_set()
    place.go_on.set()
    assert heard == []


def test_a_renewal_that_fails_is_tried_again_as_long_as_there_is_time() -> None:
    process, ended = Anyone(seconds=0.0), Event()
    answers = [
        Unwritable(Diagnostic(code="output-unwritable", subject="lock.db", summary="full")),
        None,
    ]

    def renew(_: Lease) -> None:
        answer = answers.pop(0)
        if not answers:
            ended.set()
        if answer is not None:
            raise answer

    heard: list[BrokerError] = []
    a_heart(Stalled(process), heard.append, renew=renew, ended=ended).beat()

    assert answers == []
    assert heard == []


def test_one_that_the_disk_refuses_is_nobody_elses() -> None:
    process = Anyone(seconds=0.0)
    refusal = Diagnostic(code="output-unwritable", subject="lock.db", summary="it is read-only")

    def renew(_: Lease) -> None:
        process.seconds += 0.02
        raise Unwritable(refusal)

    heard: list[BrokerError] = []
    a_heart(Stalled(process), heard.append, renew=renew).beat()

    (error,) = heard
    assert isinstance(error, Unwritable)
    assert [diagnostic.code for diagnostic in error.diagnostics] == ["lock-lost"]
    assert error.diagnostics[0].detail == "it is read-only"
