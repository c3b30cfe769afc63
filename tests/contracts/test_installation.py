"""What every Installation promises, the real one and the fake."""

import re
import tomllib

import pytest

from broker.ports.installation import Installation
from broker.storage.installation import ThisComputer
from tests.conftest import ROOT
from tests.fakes.installation import FakeInstallation

NAMES = ["nothing-of-this-name", "git"]


@pytest.fixture(
    params=[ThisComputer(), FakeInstallation(missing=frozenset({NAMES[0]}))],
    ids=["this computer", "fake"],
)
def installation(request: pytest.FixtureRequest) -> Installation:
    found: Installation = request.param
    return found


def test_python_has_a_version_of_three_numbers(installation: Installation) -> None:
    assert re.match(r"3\.\d+\.\d+", installation.python())


def test_a_library_that_is_there_has_a_version(installation: Installation) -> None:
    version = installation.library("click", "click")

    assert version
    assert version[0].isdigit()


@pytest.mark.parametrize("name", ["nothing-of-this-name"])
def test_what_is_not_there_is_none(installation: Installation, name: str) -> None:
    assert installation.library(name, name) is None
    assert installation.program(name) is None


def test_extras_are_sorted_and_so_is_what_they_add(installation: Installation) -> None:
    extras = installation.extras()

    assert extras
    assert list(extras) == sorted(extras)
    assert all(added and list(added) == sorted(added) for added in extras.values())


def test_a_version_is_told_without_an_import(installation: Installation) -> None:
    assert installation.version("click")
    assert installation.version("nothing-of-this-name") is None


def test_the_real_one_knows_what_each_extra_of_the_project_adds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stated = {
        extra: tuple(sorted(re.split("[<>=~! ]", requirement)[0] for requirement in added))
        for extra, added in project["optional-dependencies"].items()
        if extra != "all"
    }

    assert ThisComputer().extras() == stated


def test_the_real_one_tells_a_library_that_is_broken_from_one_that_works() -> None:
    assert ThisComputer().library("click", "click.no_such_module") is None


def test_the_real_one_reads_the_first_line_a_program_prints() -> None:
    assert ThisComputer().program("sh", "-c", "printf 'one\\ntwo\\n'") == "one"


@pytest.mark.parametrize("script", ["exit 3", "kill -9 $$", "printf '\\377\\n'"])
def test_the_real_one_takes_a_failing_program_for_none(script: str) -> None:
    assert ThisComputer().program("sh", "-c", script) is None


def test_the_real_one_sees_its_own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_LOG", "trace")
    monkeypatch.setenv("OTHER", "x")

    assert ThisComputer().settings() == {"BROKER_LOG": "trace"}
