"""The completion script, sourced by a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Broker

BASH = shutil.which("bash") or "bash"
ASK = """
set -u
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
_broker_completion broker
printf '%s\\n' "${COMPREPLY[@]-}"
"""


@pytest.fixture
def script(broker: Broker, tmp_path: Path) -> Path:
    path = tmp_path / "completion.bash"
    path.write_text(broker("completion", "bash").stdout)
    return path


def completed(script: Path, *words: str) -> list[str]:
    binaries = Path(sys.executable).parent
    done = subprocess.run(
        [BASH, "--norc", "-c", ASK, "bash", str(script), "broker", *words],
        env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["off"], ["offers"]),
        (["-chdir=/", "off"], ["offers"]),
        (["offers", "-cou"], ["-count"]),
        (["offers", "--cou"], ["--count"]),
        (["offers", "-gpu", "h100-n"], ["H100-NVL"]),
        (["offers", "-gpu", "=", "h100-n"], ["H100-NVL"]),
        (["offers", "--gpu", "T4,h100-n"], ["T4,H100-NVL"]),
        (["offers", "-region", "eu-central-"], ["eu-central-1", "eu-central-2"]),
        (["offers", "-capacity", "spot,on"], ["spot,on-demand"]),
        (["offers", "-sort", "pri"], ["price", "price-per-gpu"]),
        (["completion", "z"], ["zsh"]),
        (["nonsense"], []),
    ],
)
def test_bash_completes_verbs_options_and_values(
    script: Path, words: list[str], expected: list[str]
) -> None:
    assert completed(script, *words) == expected


@pytest.mark.parametrize(
    ("shell", "sign"),
    [("bash", "complete -o nosort"), ("zsh", "#compdef broker"), ("fish", "complete --no-files")],
)
def test_each_shell_has_its_script(broker: Broker, shell: str, sign: str) -> None:
    done = broker("completion", shell)

    assert done.returncode == 0
    assert sign in done.stdout
