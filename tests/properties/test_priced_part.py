"""A part of a model whose outside is priced bounds the whole, whatever is kept of it."""

from collections import defaultdict
from contextlib import suppress
from random import Random

import numpy as np
import pytest

from broker.placement.highs import bound_of, solve_model
from broker.placement.matrix import Mask
from broker.placement.model import INFINITY
from broker.placement.narrowing import dearness, part_of
from broker.placement.priced_part import priced_part
from broker.placement.search import (
    ComponentAnswer,
    NoAnswerFound,
    NoFeasibleAnswer,
    build,
    search,
)
from broker.placement.strengthening import tighten
from broker.placement.tightening import Tightening
from broker.ports.progress import Silence
from tests.fakes.brute_force import cheapest
from tests.properties.test_column_generation import models
from tests.properties.test_narrowing import parts
from tests.strategies import seeded

TOLERANCE = 1e-5


MANY = range(30_000, 32_030)
"""Seeds of a thousand small models."""


def test_no_bound_is_above_the_optimum_of_the_whole() -> None:
    told = raised = 0
    small = ((seed, build(problem, part)) for seed, problem, part in parts(MANY))
    for seed, v in (*models(), *small):
        random = Random(seed)  # noqa: S311 - the same every time
        relaxed = tighten(v, Tightening(v), widely=True)
        least = solve_model(v.model).objective
        if relaxed is None or least == INFINITY:
            continue
        for part in (0.0, 0.2, 0.5, 0.8) if seed not in MANY else (random.choice((0.0, 0.2, 0.5)),):
            kept = relaxed.placing.are & chosen(len(relaxed.values), random, part)
            priced = priced_part(v, relaxed, kept, relaxed.placing.are)
            if priced is None:
                continue
            answer = bound_of(priced.model, gap=0.0, start={}, enough=INFINITY)
            bound = answer.bound + priced.constant

            assert bound <= least * (1 + TOLERANCE) + TOLERANCE, (seed, part)
            assert bound >= relaxed.bound * (1 - TOLERANCE) - TOLERANCE, (seed, part)
            told += 1
            raised += bound > relaxed.bound * (1 + 1e-4)
    assert told > 1_000
    assert raised > 40


def test_the_bound_without_what_is_too_dear_holds_for_all_that_costs_less() -> None:
    told = left_out = 0
    for seed, v in models():
        random = Random(seed)  # noqa: S311 - the same every time
        relaxed = tighten(v, Tightening(v), widely=True)
        least = solve_model(v.model, gap=0.0).objective
        if relaxed is None or least == INFINITY:
            continue
        kept = relaxed.placing.are & chosen(len(relaxed.values), random, 0.2)
        for part in (0.3, 0.9, 1.1, 2.0):
            limit = relaxed.bound + part * (least - relaxed.bound) + 1e-3
            among = relaxed.placing.are & (dearness(relaxed) <= limit - relaxed.bound)
            priced = priced_part(v, relaxed, kept, among)
            if priced is None:
                continue
            enough = limit - priced.constant
            bound = bound_of(priced.model, gap=0.0, start={}, enough=enough).bound + priced.constant

            assert bound <= min(least, limit) * (1 + TOLERANCE) + TOLERANCE, (seed, part)
            told += 1
            left_out += bool((relaxed.placing.are & ~among).any())
    assert told > 100
    assert left_out > 50


def test_a_bound_is_told_up_to_what_is_enough_and_not_above_the_optimum() -> None:
    enough_told = less_told = 0
    for seed, v in models():
        least = solve_model(v.model, gap=0.0).objective
        if least in (0.0, INFINITY):
            continue
        for part in (0.9, 0.999, 1.001, 1.1):
            enough = least * part
            bound = bound_of(v.model, gap=0.0, start={}, enough=enough).bound

            assert bound == pytest.approx(min(least, enough), rel=TOLERANCE), (seed, part)
            assert bound <= enough, (seed, part)
            enough_told += part < 1
            less_told += part > 1
    assert enough_told > 100
    assert less_told > 100


def chosen(size: int, random: Random, part: float) -> Mask:
    """Each with that probability."""
    drawn: Mask = np.array([random.random() < part for _ in range(size)], dtype=np.bool_)
    return drawn


def test_keeping_what_is_wanted_ends_at_an_answer_of_the_whole() -> None:
    ended = widened = 0
    for seed, v in models():
        relaxed = tighten(v, Tightening(v), widely=True)
        least = solve_model(v.model).objective
        if relaxed is None or least == INFINITY:
            continue
        kept = relaxed.placing.are & (relaxed.values > 1e-9)
        while (priced := priced_part(v, relaxed, kept, relaxed.placing.are)) is not None:
            answer = bound_of(priced.model, gap=0.0, start={}, enough=INFINITY)
            wanted = [] if answer.values is None else priced.wanted(np.array(answer.values))
            if not len(wanted):
                break
            assert not kept[wanted].any(), seed
            kept[wanted] = True
            widened += 1
        within = solve_model(part_of(v, relaxed.placing, kept).model).objective

        assert within == pytest.approx(least, rel=1e-4, abs=1e-3), seed
        ended += 1
    assert ended > 40
    assert widened > 10


def test_a_search_by_widening_equals_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TINY", "SMALL", "HUGE"):
        monkeypatch.setattr(f"broker.placement.search.{name}", 0)
    monkeypatch.setattr("broker.placement.search.HUGE_GAP", 1e-5)
    found: dict[int, list[ComponentAnswer]] = defaultdict(list)
    for seed, problem, part in parts():
        with suppress(NoFeasibleAnswer, NoAnswerFound):
            found[seed].append(search(problem, part, Silence()))
    compared = 0
    for seed, answers in found.items():
        best = cheapest(seeded(seed))
        if best is None:
            continue
        cost = sum(answer.objective.micros for answer in answers)
        bound = sum(answer.bound.micros for answer in answers)

        assert cost == pytest.approx(float(best), rel=1e-4), seed
        assert bound <= float(best) * (1 + TOLERANCE), seed
        assert bound >= float(best) * (1 - 2e-4), seed
        compared += 1
    assert compared > 40
