"""Models on paper: whole LP files, which HiGHS reads back."""

import os
from collections.abc import Iterable
from pathlib import Path

import highspy

from broker.placement.candidates import candidates
from broker.placement.constraints import FAMILIES
from broker.placement.model import Model
from broker.placement.problem import Problem
from broker.placement.variables import define_variables
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "lp"
UPDATE = bool(os.environ.get("BROKER_UPDATE_GOLDEN"))
"""Read when the module is loaded: tests themselves run without any setting of the user."""


def model_of(asked: Problem, families: Iterable[str]) -> Model:
    """The columns of *asked* over all that is lawful, and the rows of *families*."""
    found = candidates(asked).by_workload
    v = define_variables(asked, {name: list(cs) for name, cs in found.items()})
    for name, constrain in FAMILIES.items():
        if name in families:
            constrain(v)
    return v.model


def objective_of(path: Path) -> float:
    """What HiGHS makes of the file; infinity if it has no answer."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - positional in C++
    highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - positional in C++
    solver.setOptionValue("threads", 1)
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    assert solver.run() != highspy.HighsStatus.kError
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return float("inf")
    objective: float = solver.getInfo().objective_function_value
    return objective
