"""`broker apply` believes a saved plan only if it may, and looks before it does anything."""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Broker

NOW = {"BROKER_NOW": "2026-11-25T03:30:00Z"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plan of the first test that needs it is kept for the others."""
    return tmp_path_factory.mktemp("saved")


@pytest.fixture
def folder(broker: Broker, tmp_path: Path, saved: Path) -> Path:
    """A folder with a plan; beside it is the home of whoever made it."""
    if not (saved / "work" / "a.plan").exists():
        for name in ("work", "home"):
            (saved / name).mkdir()
        broker("init", "-example=starter", cwd=saved / "work")
        home = {"HOME": str(saved / "home")}
        made = broker("plan", "-out=a.plan", cwd=saved / "work", env=NOW | home)
        assert made.returncode == 0, made.stderr
    shutil.copytree(saved, tmp_path / "copy")
    return tmp_path / "copy" / "work"


def refusal(broker: Broker, folder: Path, env: dict[str, str]) -> str:
    """The code with which the plan is refused, by its name; nothing is there afterwards that was not before."""
    before = sorted(folder.rglob("*"))
    home = {"HOME": str(folder.parent / "home")}
    done = broker("apply", "a.plan", cwd=folder, env=home | env)

    assert done.returncode == 1
    assert sorted(folder.rglob("*")) == before
    assert "  on a.plan" in done.stderr.splitlines()
    (code,) = re.findall(r"(?m)^Error: .* \[([a-z-]+)\]$", done.stderr)
    return str(code)


def test_a_changed_plan_is_refused(broker: Broker, folder: Path) -> None:
    content = (folder / "a.plan").read_bytes()
    middle = content[len(content) // 2 : len(content) // 2 + 1]
    other = b"A" if middle != b"A" else b"B"
    changed = content[: len(content) // 2] + other + content[len(content) // 2 + 1 :]
    (folder / "a.plan").write_bytes(changed)

    assert refusal(broker, folder, NOW) == "signature-wrong"


def test_a_plan_of_a_stranger_is_refused(
    broker: Broker, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = {"HOME": str(tmp_path_factory.mktemp("stranger"))}

    assert refusal(broker, folder, NOW | home) == "signer-unknown"


@pytest.mark.parametrize(
    ("now", "code"),
    [("2026-11-26T03:30:00Z", "plan-expired"), ("2026-11-25T03:19:00Z", "plan-from-future")],
)
def test_a_plan_of_another_time_is_refused(
    broker: Broker, folder: Path, now: str, code: str
) -> None:
    assert refusal(broker, folder, {"BROKER_NOW": now}) == code


def test_a_secret_of_the_environment_is_never_saved(broker: Broker, tmp_path: Path) -> None:
    secret = {"AWS_SECRET_ACCESS_KEY": "c4n4ry-of-the-environment"}
    broker("init", "-example=starter")
    text = (tmp_path / "fleet.yaml").read_text()
    owner = next(line for line in text.splitlines() if line.startswith("owner:"))
    (tmp_path / "fleet.yaml").write_text(text.replace(owner, "owner: c4n4ry-of-the-environment"))

    done = broker("plan", "-out=a.plan", "-json", env=secret)

    assert done.returncode == 1
    assert "plan-holds-secret" in done.stdout
    assert "c4n4ry" not in done.stdout + done.stderr
    assert not (tmp_path / "a.plan").exists()
