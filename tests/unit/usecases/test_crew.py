"""Many questions at once, and one that hangs."""

from threading import Barrier, Event
from time import monotonic

from broker.usecases.crew import Crew, Hung


def test_answers_come_in_the_order_of_the_questions() -> None:
    crew = Crew(questions=[lambda n=n: n * n for n in range(50)], seconds=30, parallel=8)

    assert crew.ask() == [n * n for n in range(50)]


def test_no_question_is_no_answer() -> None:
    assert Crew(questions=[], seconds=1, parallel=4).ask() == []


def test_so_many_are_asked_at_once() -> None:
    """The barrier opens only if four of them wait in front of it."""
    together = Barrier(4)

    places = Crew(questions=[together.wait] * 4, seconds=30, parallel=4).ask()

    assert sorted(places) == [0, 1, 2, 3]


def test_what_hangs_costs_one_deadline_and_keeps_nobody_waiting() -> None:
    never = Event()
    begun = monotonic()

    answers = Crew(
        questions=[never.wait, lambda: True, never.wait, *[lambda: True] * 20],
        seconds=1.0,
        parallel=2,
    ).ask()

    assert [isinstance(answer, Hung) for answer in answers] == [True, False, True, *[False] * 20]
    assert monotonic() - begun < 2 * 1.0 + 10
    never.set()


def test_an_answer_that_comes_too_late_is_thrown_away() -> None:
    late, heard = Event(), []
    crew = Crew(
        questions=[late.wait, lambda: late.set() or "in time"],
        seconds=0.1,
        parallel=1,
        heard=lambda index, answer: heard.append((index, type(answer))),
    )

    answers = crew.ask()

    assert isinstance(answers[0], Hung)
    assert answers[1] == "in time"
    assert heard == [(0, Hung), (1, str)]


def test_an_error_of_one_is_an_answer_and_the_others_go_on() -> None:
    error = KeyError("odd")

    def fails() -> int:
        raise error

    assert Crew(questions=[fails, lambda: 2], seconds=30, parallel=1).ask() == [error, 2]
