"""What is imported when: help and planning stay light, whatever is installed."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from broker import bootstrap
from broker.cli.verbs import VERBS
from tests.conftest import ROOT

HEAVY = {
    "asyncio", "boto3", "botocore", "azure", "concurrent", "google", "highspy", "http",
    "importlib.metadata", "kubernetes", "logging", "multiprocessing", "networkx", "numpy",
    "pulumi", "rich", "socket", "ssl", "subprocess", "tempfile", "urllib.request", "yaml",
}  # fmt: skip
RUNNING = (
    "broker.bootstrap",
    "broker.placement",
    "broker.spec",
    "broker.storage",
    "broker.usecases",
)
"""What a verb needs to do its work, and not to say what it takes."""

SDKS = {"boto3", "botocore", "azure", "google", "kubernetes", "pulumi"}


def imported_by(statements: str, folder: Path = ROOT) -> set[str]:
    """Names of all modules, and of the packages above them, that are there at the end."""
    ending = "import sys, json; sys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{statements}\n{ending}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


SOLVER = {"highspy", "networkx", "numpy"}
DECIDING = {"plan", "apply", "explain", "import"}
CHANGING = {"apply", "drift", "destroy", "import"}
"""Verbs that load the engine's SDK: what they do can not be done without."""

FLEET = str(ROOT / "examples" / "startup")
WORDS = {
    "init": ["new"],
    "validate": [FLEET],
    "fmt": ["-write=false", FLEET],
    "refresh": [],
    "offers": ["-limit=1"],
    "plan": [FLEET, "-out=fleet.plan"],
    "apply": [FLEET, "-input=false"],
    "explain": ["api", FLEET],
    "show": ["fleet.plan"],
    "drift": [],
    "destroy": ["-auto-approve"],
    "reap": ["-auto-approve"],
    "import": [f"-fleet={FLEET}"],
    "output": [],
    "taint": ["pool.a.b"],
    "untaint": ["pool.a.b"],
    "state": ["pull"],
    "workspace": ["list"],
    "force-unlock": ["not-held"],
    "audit": ["list"],
    "key": ["list"],
    "sandbox": ["status"],
    "schema": ["fleet"],
    "doctor": [],
    "version": [],
    "completion": ["bash"],
}
"""What each verb does its work with, in this order and in one folder."""

FAILING = {"apply", "drift", "import", "taint", "untaint", "force-unlock"}
"""Verbs that have nothing to do there, and say so."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The modules that are there when each verb has done its work."""
    folder = tmp_path_factory.mktemp("verbs")
    (folder / "new").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROKER_PROVIDERS", "listprices")
        return {
            verb: imported_by(
                "from broker.cli.main import run; "
                f"assert run({[verb, *words]}) == {int(verb in FAILING)}",
                folder,
            )
            for verb, words in WORDS.items()
        }


def test_each_verb_is_run() -> None:
    assert list(WORDS) == list(VERBS)


def heavy_in(modules: set[str]) -> set[str]:
    """Those of *modules* that cost much, and all adapters."""
    adapters = {"providers", "stacks", "policies"}
    return modules & HEAVY | {name.partition(".")[0] for name in modules} & adapters


@pytest.mark.parametrize("words", [["-help"], ["--help"], ["-h"]])
def test_help_imports_no_verb_no_adapter_and_nothing_heavy(words: list[str]) -> None:
    modules = imported_by(f"from broker.cli.main import run; assert run({words}) == 0")

    assert {name for name in modules if name.startswith("broker.cli.commands")} == set()
    assert heavy_in(modules) == set()


@pytest.mark.parametrize("words", [["-help"], ["fmt", "-write=false", FLEET], ["validate", FLEET]])
def test_without_a_log_its_library_is_not_imported(words: list[str]) -> None:
    modules = imported_by(f"from broker.cli.main import run; assert run({words}) == 0")

    assert "broker.cli.main" in modules
    assert "logging" not in modules
    assert "broker.cli.logs" not in modules


@pytest.mark.parametrize("verb", list(VERBS))
def test_help_of_a_verb_imports_its_declaration_and_not_what_it_runs(verb: str) -> None:
    modules = imported_by(f"from broker.cli.main import run; assert run(['{verb}', '-help']) == 0")

    assert VERBS[verb].module in modules
    assert heavy_in(modules) == set()
    assert {name for name in modules if name.startswith(RUNNING)} == set()


def test_the_guard_would_see_a_heavy_module() -> None:
    assert imported_by("import networkx") & HEAVY >= {"networkx"}


@pytest.mark.parametrize("verb", sorted({*VERBS} - CHANGING))
def test_no_verb_but_those_that_change_a_fleet_imports_an_sdk(
    verb: str, ran: dict[str, set[str]]
) -> None:
    assert ran[verb] & SDKS == set()


@pytest.mark.parametrize("verb", sorted({*VERBS} - DECIDING))
def test_a_verb_that_decides_nothing_imports_no_solver(verb: str, ran: dict[str, set[str]]) -> None:
    assert ran[verb] & SOLVER == set()
    assert ran["plan"] >= SOLVER


def test_listing_offers_needs_no_solver_and_no_spec_reader() -> None:
    modules = imported_by(
        "from broker.cli.main import run; assert run(['offers', '-gpu=H100', '-limit=1']) == 0"
    )

    assert modules & (SDKS | {"highspy", "networkx", "numpy", "yaml", "rich", "asyncio"}) == set()


@pytest.mark.parametrize("name", [point.name for point in entry_points(group=bootstrap.PROVIDERS)])
def test_making_a_provider_imports_no_sdk(name: str) -> None:
    modules = imported_by(
        "from broker import bootstrap; "
        f"(made,) = bootstrap.providers(bootstrap.Settings(providers=({name!r},))); "
        f"assert made.name == {name!r}"
    )

    assert modules & (SDKS | {"requests", "urllib3"}) == set()
