"""What is imported when: help and planning stay light, whatever is installed."""

import json
import subprocess
import sys

import pytest

from broker.cli.verbs import VERBS

HEAVY = {
    "asyncio", "boto3", "botocore", "azure", "concurrent", "google", "highspy", "http",
    "importlib.metadata", "kubernetes", "logging", "multiprocessing", "networkx", "numpy",
    "pulumi", "rich", "socket", "ssl", "subprocess", "tempfile", "urllib", "yaml",
}  # fmt: skip
SDKS = {"boto3", "botocore", "azure", "google", "kubernetes", "pulumi"}


def imported_by(statements: str) -> set[str]:
    """Names of all modules, and of the packages above them, that are there at the end."""
    ending = "import sys, json; sys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{statements}\n{ending}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr))


@pytest.mark.parametrize("words", [["-help"], ["--help"], ["-h"]])
def test_help_imports_no_verb_no_adapter_and_nothing_heavy(words: list[str]) -> None:
    modules = imported_by(f"from broker.cli.main import run; assert run({words}) == 0")

    assert modules & HEAVY == set()
    assert {name for name in modules if name.startswith("broker.cli.commands")} == set()
    assert {name.partition(".")[0] for name in modules} & {"providers", "stacks", "policies"} == (
        set()
    )


def test_the_guard_would_see_a_heavy_module() -> None:
    assert imported_by("import networkx") & HEAVY >= {"networkx"}


@pytest.mark.parametrize("verb", list(VERBS))
def test_no_verb_imports_an_sdk(verb: str) -> None:
    assert imported_by(f"import {VERBS[verb].module}") & SDKS == set()


@pytest.mark.parametrize("verb", sorted({*VERBS} - {"plan", "explain"}))
def test_a_verb_that_decides_nothing_imports_no_solver(verb: str) -> None:
    modules = imported_by(f"import {VERBS[verb].module}")

    assert modules & {"highspy", "networkx", "numpy"} == set()


def test_listing_offers_needs_no_solver_and_no_spec_reader() -> None:
    modules = imported_by(
        "from broker.cli.main import run; assert run(['offers', '-gpu=H100', '-limit=1']) == 0"
    )

    assert modules & (SDKS | {"highspy", "networkx", "numpy", "yaml", "rich", "asyncio"}) == set()
