"""Decide a fleet: what plan and apply have in common, and what apply asks again after a stock-out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from broker import __broker__
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import Denied
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.stock_outs import StockOut
from broker.placement.budget import budget_warnings
from broker.placement.partial import unplaced_warnings
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.placement.stated_quotas import with_recorded
from broker.placement.stock import concerning, staying, with_sold_out
from broker.planning.blocks import Blocks, check_planned, keeping_names
from broker.planning.diff import diff
from broker.planning.document import Plan
from broker.planning.lifetime import Ttl
from broker.planning.parts import NOTHING, Part, between, part_of, pools_of
from broker.planning.possible_addresses import check_possible
from broker.usecases.question import Question, Surroundings, ask
from broker.usecases.reading import read_by
from broker.usecases.recorded import Recorded, check_currency
from broker.usecases.removals import firm_work, protected_pools, with_recorded_firm


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be decided: the fleet of the file *fleet*, or of its clusters and pools a part.

    *against* is the plan file that the recorded fleet comes from, for messages. *target* and *exclude*
    are addresses; none means everything. *replace* are those of what will be made anew. *banned* are
    offers that can not be had, and of what is *sold_out* there are no more nodes than run already.
    *stays*: what runs moves only if it has to. *making* is what is recorded with what is being made: to
    leave that has to pay, too. *ttl* is how long it may live; None keeps what is recorded.
    """

    fleet: Path
    against: Path | None = None
    allow_unplaced: bool = False
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    banned: frozenset[str] = frozenset()
    sold_out: tuple[StockOut, ...] = ()
    stays: bool = False
    making: Fleet | None = None
    ttl: Ttl | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The question, the answer, and the plan that it makes from what is recorded.

    *part* is what was asked for of it; None means everything. *denied* is why it must not be carried out.
    *blocks* is what the spec makes of the record; clusters *waiting* for the whole are in no part. *whole*
    is what is recorded, with what is to be forgotten. *left_aside* is what was out of stock for it.
    """

    question: Question
    problem: Problem
    solution: Solution
    plan: Plan
    warnings: tuple[Diagnostic, ...]
    part: Part | None = None
    denied: tuple[Diagnostic, ...] = ()
    blocks: Blocks = field(default_factory=Blocks)
    waiting: frozenset[ClusterName] = frozenset()
    whole: Fleet = NOTHING
    left_aside: tuple[StockOut, ...] = ()


def decide(wanted: Wanted, around: Surroundings, recorded: Recorded) -> Decision:
    """Load, lower, solve, compare.

    Raises UsageInvalid, SpecInvalid, CatalogInvalid, NotCovered, Infeasible, Denied and Unsolved.
    """
    question = asked(wanted, around, recorded)
    check_currency(wanted.against, recorded, question.spec.objective.currency)
    read = read_by(question.spec, recorded, is_part=bool(wanted.target or wanted.exclude))
    recorded = read.recorded
    problem = _asked_of(question.problem, recorded, wanted)
    solution = _named(solve(problem, around.progress, around.workers), recorded)
    check_planned(solution.fleet, read.blocks, [*question.spec.removed, *question.spec.imported])
    part = _part(solution, recorded, wanted, read.waiting)
    partly = solution if part is None else _in_part(solution, recorded, part)
    firm = firm_work(question.spec, recorded.firm)
    question = replace(question, spec=with_recorded_firm(question.spec, recorded.firm))
    return Decision(
        question=question,
        problem=problem,
        solution=partly,
        plan=Plan(
            spec=question.spec,
            snapshot=question.snapshot,
            solution=partly,
            recorded=recorded.fleet,
            recorded_digest=recorded.digest,
            changes=diff(partly.fleet, recorded.fleet),
            broker_version=__broker__,
        ),
        warnings=(
            *question.warnings,
            *budget_warnings(problem, solution),
            *unplaced_warnings(problem, solution),
            *_partly_warning(wanted, part, read.waiting),
            *read.warnings,
        ),
        part=part,
        denied=tuple(protected_pools(firm, recorded.fleet or NOTHING, partly.fleet)),
        blocks=read.blocks,
        waiting=read.waiting,
        whole=read.whole,
        left_aside=concerning(wanted.sold_out, problem),
    )


def _asked_of(problem: Problem, recorded: Recorded, wanted: Wanted) -> Problem:
    asked = replace(
        with_recorded(problem, recorded.fleet),
        allow_unplaced=wanted.allow_unplaced,
        banned=problem.banned | wanted.banned,
    )
    asked = with_sold_out(asked, wanted.sold_out)
    if wanted.making is not None:
        asked = replace(asked, recorded=wanted.making, is_urgent=True)
    return staying(asked) if wanted.stays else asked


def _named(solution: Solution, recorded: Recorded) -> Solution:
    """Pools that are there keep their names."""
    fleet = keeping_names(solution.fleet, recorded.fleet)
    return solution if fleet is solution.fleet else replace(solution, fleet=fleet)


def check_allowed(denied: Sequence[Diagnostic]) -> None:
    """Raise Denied for what of a decision may be looked at, and not be carried out."""
    if denied:
        raise Denied(*denied)


def asked(wanted: Wanted, around: Surroundings, recorded: Recorded) -> Question:
    """What is put to the solver. Raises UsageInvalid for an address that no answer can have."""
    question = ask(wanted.fleet, around)
    addresses = (*wanted.target, *wanted.exclude, *wanted.replace)
    check_possible(addresses, pools_of([recorded.fleet or NOTHING]), question.problem.offers)
    return question


def _part(
    solution: Solution, recorded: Recorded, wanted: Wanted, waiting: frozenset[ClusterName]
) -> Part | None:
    """What is asked for. What is to be forgotten must not go for that, nor what is there be made again."""
    if not wanted.target and not wanted.exclude:
        return None
    fleets = (recorded.fleet or NOTHING, solution.fleet)
    return part_of(fleets, wanted.target, wanted.exclude).without(waiting)


def _in_part(solution: Solution, recorded: Recorded, part: Part) -> Solution:
    """The decision where it is asked for, and what is recorded everywhere else."""
    return replace(solution, fleet=between(recorded.fleet or NOTHING, solution.fleet, part))


def _partly_warning(
    wanted: Wanted, part: Part | None, waiting: frozenset[ClusterName]
) -> list[Diagnostic]:
    if part is None:
        return []
    lines = ["Work that needs both parts may not run before the rest is applied too."]
    if waiting:
        lines.append(f"What `removed` and `import` name waits for the whole: {_listed(waiting)}.")
    return [
        Diagnostic(
            severity=Severity.WARNING,
            code="plan-targeted",
            subject=", ".join((*wanted.target, *wanted.exclude)),
            summary="Only a part of the fleet is planned; the rest stays as it is recorded",
            detail="\n".join(lines),
            hint="Use -target and -exclude to recover from errors, not every day.",
        )
    ]


def _listed(names: Iterable[ClusterName]) -> str:
    return ", ".join(f"cluster.{name}" for name in sorted(names))
