"""What deciding jointly saves over taking the cheapest offer for each workload by itself."""

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cheapest_alone import DeadEnd, cheapest_alone, nodes_cost
from benchmarks.measuring import ROOT, Usage, print_table, python, run, timed
from broker import bootstrap
from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.placement.candidates import candidates
from broker.placement.problem import Problem
from broker.placement.purchase import Costs, broken_rules, buy, costs
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.ports.progress import Silence
from broker.usecases.question import Surroundings, ask

EXAMPLES = ("starter", "startup", "regulated", "research")
SMALL_SERVICES = ROOT / "benchmarks" / "small_services.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One fleet, decided jointly and workload by workload.

    *alone* has the full costs of the latter, every workload on nodes of its own; *packed* those of
    the same choices with steady work sharing nodes. Both are None if it found no fleet.
    """

    name: str
    solution: Solution
    joint_seconds: float
    joint_nodes: Money
    alone: Costs | None
    packed: Costs | None
    alone_seconds: float
    broken: tuple[str, ...]


def main() -> None:
    """Print both tables."""
    usages = {name: run(plan_of(name), ROOT) for name in EXAMPLES}
    problems = {name: question(ROOT / "examples" / name) for name in EXAMPLES}
    problems["research, twice"] = twice(problems["research"])
    problems["small services"] = question(SMALL_SERVICES)
    compared = [compare(name, problem) for name, problem in problems.items()]
    print_costs(compared)
    print()
    print_effort(compared, usages)


def plan_of(name: str) -> list[str]:
    """The command that a user would type."""
    return python("-m", "broker", f"-chdir={ROOT / 'examples' / name}", "plan", "-json")


def question(fleet: Path) -> Problem:
    """The problem of a fleet over the bundled catalog, its budget set aside."""
    asked = ask(
        fleet,
        Surroundings(
            snapshot=bootstrap.bundled_snapshot,
            accelerators=bootstrap.accelerators,
            progress=Silence(),
        ),
    )
    return replace(asked.problem, spec=replace(asked.spec, budget=None))


def twice(problem: Problem) -> Problem:
    """Every workload a second time, under the same quotas: 34 workloads of `research`."""
    spec = problem.spec
    again = tuple(replace(w, name=WorkloadName(f"{w.name}-2")) for w in spec.workloads)
    return replace(problem, spec=replace(spec, workloads=(*spec.workloads, *again)))


def compare(name: str, problem: Problem) -> Comparison:
    """Decide *problem* both ways."""
    solution, joint_seconds = timed(lambda: solve(problem))
    lawful = candidates(problem).by_workload
    try:
        chosen, alone_seconds = timed(lambda: cheapest_alone(problem, lawful))
    except DeadEnd as dead:
        chosen, alone_seconds = [], 0.0
        print(f"{name}: no fleet workload by workload, none is left for {dead}")
    bought = buy(chosen)
    packed = costs(problem, bought) if chosen else None
    return Comparison(
        name=name,
        solution=solution,
        joint_seconds=joint_seconds,
        joint_nodes=sum((pool.monthly for pool in solution.fleet.pools), Money(0)),
        alone=replace(packed, nodes=nodes_cost(chosen)) if packed else None,
        packed=packed,
        alone_seconds=alone_seconds,
        broken=tuple(broken_rules(problem, bought)) if chosen else (),
    )


def print_costs(compared: list[Comparison]) -> None:
    """Dollars a month."""
    print_table(
        "Dollars a month: cheapest offer for each workload alone, against the joint optimum",
        [
            "fleet",
            "workloads",
            "alone, nodes",
            "alone, all",
            "alone, then packed",
            "joint, nodes",
            "joint, all",
            "saved, all",
            "of packed",
            "proven gap",
        ],
        [_cost_row(c) for c in compared],
    )
    for c in compared:
        for rule in c.broken:
            print(f"\n{c.name}, alone, is not lawful: {rule}")


def _cost_row(c: Comparison) -> list[str]:
    joint = c.solution.objective
    return [
        c.name,
        str(sum(len(part.workloads) for part in c.solution.components)),
        _dollars(c.alone.nodes if c.alone else None),
        _dollars(c.alone.total if c.alone else None),
        _dollars(c.packed.total if c.packed else None),
        _dollars(c.joint_nodes),
        _dollars(joint),
        _saving(c.alone, joint),
        _saving(c.packed, joint),
        f"{float(c.solution.gap):.4%}",
    ]


def _dollars(amount: Money | None) -> str:
    return "-" if amount is None else f"{amount.to_float():,.0f}"


def _saving(before: Costs | None, after: Money) -> str:
    if before is None:
        return "-"
    return f"{1 - after.micros / before.total.micros:.1%}"


def print_effort(compared: list[Comparison], usages: dict[str, Usage]) -> None:
    """CPU seconds and memory."""
    print_table(
        "CPU seconds to decide, and of `broker plan` as a whole",
        [
            "fleet",
            "status",
            "parts",
            "variables",
            "constraints",
            "rounds",
            "joint",
            "alone",
            "broker plan",
            "peak MiB",
        ],
        [_effort_row(c, usages.get(c.name)) for c in compared],
    )


def _effort_row(c: Comparison, usage: Usage | None) -> list[str]:
    parts = c.solution.components
    return [
        c.name,
        str(c.solution.status),
        str(len(parts)),
        f"{sum(part.variables for part in parts):,}",
        f"{sum(part.constraints for part in parts):,}",
        str(max(part.rounds for part in parts)),
        f"{c.joint_seconds:.2f}",
        f"{c.alone_seconds:.2f}",
        f"{usage.cpu_seconds:.2f}" if usage else "-",
        f"{usage.peak_mib:.0f}" if usage else "-",
    ]


if __name__ == "__main__":
    main()
