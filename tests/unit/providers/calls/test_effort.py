"""How long and how often is asked again."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from broker.domain.errors import RateLimited, TimedOut, Unavailable
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, Setback, rate_limited, unavailable

QUESTION = Question("cloud/region", permission="a right", credentials="Log in.")


@dataclass
class Time:
    """A clock that goes on while somebody sleeps, and at each look by *per_look*."""

    now: float = 100.0
    per_look: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        self.now += self.per_look
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def effort(time: Time, **bounds: float) -> Effort:
    patience = Patience(**{"seconds": 60.0, "retries": 3, **bounds})  # type: ignore[arg-type]
    return Effort(patience, QUESTION, clock=time.clock, sleep=time.sleep, chance=random.Random(1))  # noqa: S311


def failing(times: int, setback: Setback) -> Callable[[], str]:
    """Meets *setback* so many *times*, then succeeds."""
    left = iter([setback] * times)

    def attempt() -> str:
        for one in left:
            raise one
        return "an answer"

    return attempt


PASSING = Setback(unavailable(QUESTION))


def test_what_succeeds_is_asked_once() -> None:
    time = Time()

    assert effort(time).persist(failing(0, PASSING)) == "an answer"
    assert time.slept == []


def test_what_passes_is_asked_again_after_a_pause_that_grows_up_to_a_bound() -> None:
    time = Time()
    bounds = {"pause_seconds": 1.0, "longest_pause_seconds": 3.0}

    assert effort(time, **bounds).persist(failing(3, PASSING)) == "an answer"
    assert len(time.slept) == 3
    for pause, longest in zip(time.slept, (1, 2, 3), strict=True):
        assert 0 <= pause <= longest
    assert len(set(time.slept)) == 3, "left to chance"


def test_what_does_not_pass_is_its_failure_when_the_budget_is_spent() -> None:
    time = Time()

    with pytest.raises(Unavailable):
        effort(time).persist(failing(4, PASSING))
    assert len(time.slept) == 3


def test_the_budget_is_for_all_calls_together() -> None:
    trying = effort(Time())

    for _ in range(3):
        trying.persist(failing(1, PASSING))
    with pytest.raises(Unavailable):
        trying.persist(failing(1, PASSING))


def test_the_cloud_is_given_the_time_it_asks_for() -> None:
    time = Time()

    effort(time).persist(failing(1, Setback(rate_limited(QUESTION), 7)))

    (pause,) = time.slept
    assert 7 <= pause <= 7.5


def test_who_asks_for_more_time_than_is_left_is_not_waited_for() -> None:
    time = Time()

    with pytest.raises(RateLimited):
        effort(time).persist(failing(1, Setback(rate_limited(QUESTION), 61)))
    assert time.slept == []


def test_nothing_is_asked_after_the_deadline() -> None:
    time = Time()
    trying = effort(time)
    time.now += 60

    with pytest.raises(TimedOut) as caught:
        trying.persist(lambda: pytest.fail("asked after the deadline"))
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.subject) == ("cloud-timeout", "cloud/region")
    assert "60 seconds" in finding.detail


def test_a_call_may_be_silent_no_longer_than_what_is_left() -> None:
    time = Time()
    trying = effort(time, silence_seconds=10)

    assert trying.silence_seconds() == 10
    time.now += 55
    assert trying.silence_seconds() == 5


def test_what_is_no_setback_goes_through() -> None:
    def attempt() -> None:
        raise unavailable(QUESTION)

    time = Time()
    with pytest.raises(Unavailable):
        effort(time).persist(attempt)
    assert time.slept == []
