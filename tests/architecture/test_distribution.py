"""What is installed: four packages, their data, and entry points that load."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from broker import bootstrap
from tests.conftest import ROOT

PACKAGES = {"broker", "providers", "stacks", "policies"}

BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """Built as an installer builds it, by the locked backend, without a download."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return zipfile.Path(folder / done.stdout.split()[-1])


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: zipfile.Path) -> None:
    top = {path.name for path in wheel.iterdir()}

    (described,) = {name for name in top if name.endswith(".dist-info")}
    assert top - {described} == PACKAGES
    assert described.startswith("gpu_broker-")


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", *sorted(PACKAGES)],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    names = set(wheel.root.namelist())
    assert {name for name in tracked if (ROOT / name).exists()} - names == set()


def test_the_command_is_broker(wheel: zipfile.Path) -> None:
    (described,) = (path for path in wheel.iterdir() if path.name.endswith(".dist-info"))

    assert "broker = broker.cli.main:main" in (described / "entry_points.txt").read_text()


@pytest.mark.parametrize("group", [bootstrap.PROVIDERS, bootstrap.ATLASES])
def test_every_entry_point_loads(group: str) -> None:
    points = [point for point in entry_points(group=group) if point.dist is not None]

    assert points
    for point in points:
        assert bootstrap.load(point)


def test_every_package_of_adapters_is_registered() -> None:
    """A folder below providers/ that no entry point names would never be asked."""
    folders = {path.parent.name for path in (ROOT / "providers").glob("*/adapter.py")}

    assert folders == {
        point.value.split(".")[1] for point in entry_points(group=bootstrap.PROVIDERS)
    }


def test_importing_a_package_does_nothing() -> None:
    for package in sorted(PACKAGES):
        lines = Path(ROOT / package / "__init__.py").read_text().splitlines()

        assert [line for line in lines if line.startswith(("import ", "from "))] == []


def test_what_the_extras_need_is_locked_for_the_demo_and_the_tests() -> None:
    """Each is written out in an .in file, since a lock with hashes can not name this project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = {
        line
        for name in ("clouds.in", "stacks.in")
        for line in (ROOT / "requirements" / name).read_text().splitlines()
    }
    extras = project["optional-dependencies"]

    needed = {line for lines in extras.values() for line in lines if "gpu-broker" not in line}
    assert needed - listed == set()
    (every,) = extras["all"]
    assert set(every.partition("[")[2].rstrip("]").split(",")) == {*extras} - {"all"}
