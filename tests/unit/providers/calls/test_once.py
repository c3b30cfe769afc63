"""What serves all regions is asked once, and nobody waits for it for ever."""

import threading
from dataclasses import replace

import pytest

from broker.domain.errors import TimedOut, Unavailable
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, unavailable
from providers.calls.once import Once

QUESTION = Question("cloud/region", permission="", credentials="")


def effort(seconds: float = 5) -> Effort:
    return Effort(Patience(seconds=seconds), QUESTION)


def test_several_threads_make_it_once() -> None:
    once: Once[str] = Once()
    made: list[int] = []
    found: list[str] = []
    begin = threading.Barrier(8)

    def make() -> str:
        made.append(1)
        return "the catalog"

    def ask() -> None:
        begin.wait()
        found.append(once.value(make, effort()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["the catalog"] * 8
    assert made == [1]


def test_if_making_it_fails_the_next_one_tries() -> None:
    once: Once[str] = Once()

    def fail() -> str:
        raise unavailable(QUESTION)

    with pytest.raises(Unavailable):
        once.value(fail, effort())
    assert once.value(lambda: "the catalog", effort()) == "the catalog"


def test_with_one_try_the_next_one_is_told_the_same_about_itself() -> None:
    once: Once[str] = Once(one_try=True)
    tries: list[int] = []

    def fail() -> str:
        tries.append(1)
        raise unavailable(QUESTION)

    other = Effort(Patience(seconds=5), replace(QUESTION, subject="cloud/other"))
    with pytest.raises(Unavailable):
        once.value(fail, effort())
    with pytest.raises(Unavailable) as caught:
        once.value(fail, other)

    assert [told.subject for told in caught.value.diagnostics] == ["cloud/other"]
    assert tries == [1]


def test_who_waits_for_another_does_so_until_its_own_deadline() -> None:
    once: Once[str] = Once()
    waiting, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        waiting.set()
        go_on.wait(5)
        return "at last"

    thread = threading.Thread(target=lambda: once.value(slow, effort()))
    thread.start()
    waiting.wait(5)
    try:
        with pytest.raises(TimedOut):
            once.value(lambda: "never", effort(0.05))
    finally:
        go_on.set()
        thread.join()
    assert once.value(lambda: "never", effort()) == "at last"
