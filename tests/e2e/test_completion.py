"""The completion script, sourced by a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Broker

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
        (["init", "-example", "=", "re"], ["regulated", "research"]),
        (["plan", "-refr"], ["-refresh", "-refresh-only"]),
        (["apply", "--des"], ["--destroy"]),
        (["apply", "-loc"], ["-lock", "-lock-timeout"]),
        (["destroy", "-comp"], ["-compact-warnings"]),
        (["apply", "-target", "clu"], []),
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


WHOLE_WORDS = [
    ("offers -gpu=h100-n", ["-gpu=H100-NVL"]),
    ("offers -gpu h100-n", ["H100-NVL"]),
    ("offers --gpu=T4,h100-n", ["--gpu=T4,H100-NVL"]),
    ("offers -capacity=spot,on", ["-capacity=spot,on-demand"]),
    ("offers -sort=pri", ["-sort=price", "-sort=price-per-gpu"]),
    ("init -example=st", ["-example=starter", "-example=startup"]),
    ("explain fin", ["finetune"]),
    ("off", ["offers"]),
]
"""To zsh and fish, `-gpu=H100` is one word, which an answer takes the place of."""


@pytest.mark.parametrize(("line", "expected"), WHOLE_WORDS)
def test_zsh_gets_back_the_whole_word(broker: Broker, line: str, expected: list[str]) -> None:
    done = broker(
        cwd=ROOT / "examples" / "startup",
        env={
            "_BROKER_COMPLETE": "zsh_complete",
            "COMP_WORDS": f"broker {line}",
            "COMP_CWORD": str(len(line.split())),
        },
    )

    lines = done.stdout.splitlines()
    assert set(lines[::3]) == {"plain"}
    assert lines[1::3] == expected


@pytest.mark.parametrize(("line", "expected"), WHOLE_WORDS)
def test_fish_gets_back_the_whole_word(broker: Broker, line: str, expected: list[str]) -> None:
    done = broker(
        cwd=ROOT / "examples" / "startup",
        env={
            "_BROKER_COMPLETE": "fish_complete",
            "COMP_WORDS": f"broker {line}",
            "COMP_CWORD": line.rsplit(maxsplit=1)[-1],
        },
    )

    words = [answer.partition(",")[2].partition("\t")[0] for answer in done.stdout.splitlines()]
    assert words == expected


@pytest.mark.parametrize(
    ("line", "kind"),
    [("plan fl", "file"), ("plan -out=fl", "file"), ("-chdir=ex", "dir"), ("init ex", "dir")],
)
def test_paths_are_left_to_the_shell(broker: Broker, line: str, kind: str) -> None:
    done = broker(
        env={
            "_BROKER_COMPLETE": "fish_complete",
            "COMP_WORDS": f"broker {line}",
            "COMP_CWORD": line.rsplit(maxsplit=1)[-1],
        },
    )

    assert done.stdout == f"{kind},{line.rsplit(maxsplit=1)[-1]}\n"


def test_a_broken_fleet_offers_no_workloads(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("workloads: [{name: [}]")

    done = broker(
        env={
            "_BROKER_COMPLETE": "fish_complete",
            "COMP_WORDS": "broker explain ",
            "COMP_CWORD": "",
        }
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
