"""The parts of a fleet that share nothing, each solved by itself: the big ones at the same time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from broker.placement.candidates import Candidate
from broker.placement.problem import Problem
from broker.placement.reservations import newest_price
from broker.placement.search import ComponentAnswer, NoAnswerFound, NoFeasibleAnswer, search
from broker.ports.progress import Progress, Silence
from broker.ports.workers import Workers

Part = dict[str, list[Candidate]]
Outcome = ComponentAnswer | NoFeasibleAnswer | NoAnswerFound

BIG = 1_000
"""Pairs of a workload and an offer: so many take a second or two to search, and to begin a process
half of one."""


@dataclass(frozen=True, slots=True)
class _Task:
    problem: Problem
    part: Part


def solved_parts(
    problem: Problem, parts: Sequence[Part], watcher: Progress, workers: Workers
) -> Iterator[Outcome]:
    """The answer to each part, or why there is none, in their order; each when it is asked for.

    Where at least two are big, *workers* search these, and nobody tells how far they are. The
    answers are the same wherever they are found: the limits of a search are of work.
    """
    big = [number for number, part in enumerate(parts) if _pairs(part) >= BIG]
    elsewhere: dict[int, Outcome] = {}
    if len(big) > 1:
        watcher.note(f"{len(big)} parts at a time")
        alone = _without_offers(problem)
        found = workers.each(_answer, [_Task(alone, parts[number]) for number in big])
        elsewhere = dict(zip(big, found, strict=True))
    for number, part in enumerate(parts):
        yield elsewhere[number] if number in elsewhere else _solved(problem, part, watcher)


def _pairs(part: Part) -> int:
    return sum(map(len, part.values()))


def _without_offers(problem: Problem) -> Problem:
    """What a search reads: candidates have their offers with them, and 100,000 others stay here."""
    begins = problem.begins or (newest_price(problem.offers) if problem.offers else None)
    return replace(problem, offers=(), begins=begins)


def _answer(task: _Task) -> Outcome:
    return _solved(task.problem, task.part, Silence())


def _solved(problem: Problem, part: Part, watcher: Progress) -> Outcome:
    try:
        return search(problem, part, watcher)
    except (NoFeasibleAnswer, NoAnswerFound) as none:
        return none
