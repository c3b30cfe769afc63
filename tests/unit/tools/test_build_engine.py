"""The engine is built once, whole or not at all, and in view."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

GO = """\
case "$1" in env) echo go1.26.8; exit 0;; esac
for argument; do
  case "$previous" in -o) into="$argument";; esac
  previous="$argument"
done
echo built >> "$BUILDS"
echo github.com/pulumi/one >&2
echo github.com/pulumi/two >&2
echo "go: downloading something v1" >&2
sleep "${SLOW:-0}"
test -z "$FAIL" || { echo "no space left on device" >&2; exit 2; }
printf '#!/bin/sh\\necho v3.259.0\\n' > "$into/pulumi"
chmod +x "$into/pulumi"
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One with a Go that pretends, and without an engine."""
    program = tmp_path / "bin" / "go"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{GO}")
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "BUILDS": str(tmp_path / "builds"),
    }


def start(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, ROOT / "tools" / "build_engine.py", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def build(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    with start(environment, *arguments) as process:
        said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


def engines(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "gpu-broker").glob("*/bin/pulumi"))


def builds(tmp_path: Path) -> int:
    path = tmp_path / "builds"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_it_is_built_once(environment: dict[str, str], tmp_path: Path) -> None:
    code, said, _ = build(environment)
    again, said_again, _ = build(environment)

    assert (code, again) == (0, 0)
    (engine,) = engines(tmp_path)
    assert engine.parent.parent.name.endswith("-go1.26.8")
    assert f"built in 0 s: {engine}" in said
    assert said_again == f"the engine is {engine} (3.259.0)\n"
    assert builds(tmp_path) == 1


def test_one_that_is_on_the_path_is_enough(environment: dict[str, str], tmp_path: Path) -> None:
    own = tmp_path / "bin" / "pulumi"
    own.write_text("#!/bin/sh\necho v3.300.0\n")
    own.chmod(0o755)

    assert build(environment)[1] == f"the engine is {own} (3.300.0)\n"
    assert builds(tmp_path) == 0
    assert build(environment, "--always")[0] == 0
    assert builds(tmp_path) == 1


def test_its_progress_is_told(environment: dict[str, str]) -> None:
    _, said, _ = build({**environment, "SLOW": "6"})

    assert "1 modules fetched, 2 packages compiled" in said


def test_two_at_once_build_once(environment: dict[str, str], tmp_path: Path) -> None:
    slow = {**environment, "SLOW": "2"}

    with start(slow) as first, start(slow) as second:
        said = [process.communicate(timeout=60)[0] for process in (first, second)]

    assert (first.returncode, second.returncode) == (0, 0)
    assert builds(tmp_path) == 1
    assert any("waiting for it" in each for each in said)


def test_a_build_that_fails_leaves_nothing_and_says_why(
    environment: dict[str, str], tmp_path: Path
) -> None:
    code, _, complained = build({**environment, "FAIL": "yes"})

    assert code == 1
    assert "no space left on device" in complained
    assert "go ended with 2" in complained
    assert list((tmp_path / "cache" / "gpu-broker").glob("*/")) == []


def test_what_a_killed_build_left_is_removed_by_the_next(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with start({**environment, "SLOW": "30"}) as killed:
        deadline = time.monotonic() + 30
        while builds(tmp_path) == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        children = Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()
        for pid in (killed.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        assert engines(tmp_path) == []

    assert build(environment)[0] == 0
    assert [path.name for path in (tmp_path / "cache" / "gpu-broker").glob("*part*")] == []


def test_without_go_it_is_said_what_to_install(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin" / "go").unlink()

    code, _, complained = build(environment)

    assert code == 1
    assert "https://www.pulumi.com/docs/install" in complained
    assert "https://go.dev/dl" in complained
    assert "Traceback" not in complained


def test_the_manifests_name_the_version_that_is_tested() -> None:
    manifest = (ROOT / "tools" / "pulumi" / "go.mod").read_text()

    assert "github.com/pulumi/pulumi/pkg/v3 v3.259.0" in manifest
    assert "tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" in manifest
