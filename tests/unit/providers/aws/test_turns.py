"""Few at once, and nobody waits for longer than an effort of its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event, Lock

import pytest

from broker.domain.errors import TimedOut
from providers.aws.turns import Turns
from providers.calls.effort import Effort
from providers.calls.failures import Question
from tests.fakes.stand_ins import HASTY

QUESTION = Question("aws/us-east-1", permission="a right", credentials="Log in.")


def effort(seconds: float) -> Effort:
    return Effort(replace(HASTY, seconds=seconds), QUESTION)


def test_as_many_as_are_allowed_go_on_together() -> None:
    turns, together = Turns(2), Barrier(2)

    def go() -> None:
        with turns.taken(effort(60)):
            together.wait(timeout=60)

    with ThreadPoolExecutor(2) as crew:
        for done in [crew.submit(go), crew.submit(go)]:
            done.result()


def test_no_more_than_are_allowed_go_on_together() -> None:
    turns, lock, inside, most = Turns(2), Lock(), 0, 0

    def go(_: int) -> None:
        nonlocal inside, most
        with turns.taken(effort(60)):
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as crew:
        list(crew.map(go, range(200)))

    assert most <= 2


def test_who_gets_no_turn_gives_up_within_its_own_time() -> None:
    turns, taken, release = Turns(1), Event(), Event()

    def hold() -> None:
        with turns.taken(effort(60)):
            taken.set()
            release.wait(timeout=60)

    with ThreadPoolExecutor(1) as crew:
        held = crew.submit(hold)
        taken.wait(timeout=60)
        with pytest.raises(TimedOut) as caught, turns.taken(effort(0.05)):
            pass
        release.set()
        held.result()

    assert "waiting for a turn" in caught.value.diagnostics[0].detail


def test_a_turn_is_free_again_after_a_failure() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.taken(effort(60)):
        _ = 1 // 0

    with turns.taken(effort(0.5)):
        pass
