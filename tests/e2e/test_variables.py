"""Values of variables, from the command line to a saved plan."""

import json
from pathlib import Path

import pytest

from tests.conftest import Broker
from tests.fakes.specs import TINY

FLEET = (
    TINY.replace("fleet: tiny", "fleet: ${var.stage}")
    + """\
variables:
  stage: {type: string, description: which stage this is}
  team: {default: ml, sensitive: true}
"""
)


@pytest.fixture(autouse=True)
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.yaml"
    path.write_text(FLEET)
    return path


def stage(broker: Broker, *words: str, env: dict[str, str] | None = None) -> str:
    """What the fleet is called with these options."""
    done = broker("validate", *words, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.partition(":")[0].removeprefix("fleet ")


def test_of_what_is_typed_the_last_one_holds(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("stage: filed\n")

    assert stage(broker, "-var", "stage=typed") == "typed"
    assert stage(broker, "--var=stage=typed", "-var-file", "v.yaml") == "filed"
    assert stage(broker, "-var-file=v.yaml", "-var", "stage=typed") == "typed"
    assert stage(broker, "-var=stage=a", "--var-file=v.yaml", "-var=stage=b") == "b"


def test_weaker_sources_in_their_order(broker: Broker, tmp_path: Path) -> None:
    env = {"BROKER_VAR_stage": "environment", "BROKER_VAR_other": "x"}
    assert stage(broker, env=env) == "environment"
    (tmp_path / "broker.vars.yaml").write_text("stage: beside\n")
    assert stage(broker, env=env) == "beside"
    assert stage(broker, "-var=stage=typed", env=env) == "typed"


def test_what_is_missing_is_told_as_json_too(broker: Broker) -> None:
    done = broker("validate", "-json")

    (finding,) = json.loads(done.stdout)["diagnostics"]
    assert done.returncode == 1
    assert finding["code"] == "variable-missing"
    assert "which stage this is" in finding["summary"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-var=stag=a"], "variable-undeclared"),
        (["-var=stage"], "usage-invalid"),
        (["-var-file"], "usage-invalid"),
        (["-var-file=none.yaml"], "file-missing"),
        (["-var=stage=Ä b"], "value-wrong"),
    ],
)
def test_what_can_not_be_used_exits_with_1(broker: Broker, words: list[str], code: str) -> None:
    done = broker("plan", *words)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"[{code}]" in done.stderr


def test_a_saved_plan_knows_its_values_and_takes_no_others(broker: Broker) -> None:
    made = broker("plan", "-var=stage=blue", "-var=team=hush-hush", "-out=a.plan")
    shown = json.loads(broker("show", "-json", "a.plan").stdout)
    refused = broker("apply", "a.plan", "-var=stage=green")

    assert made.returncode == 0, made.stderr
    assert shown["variables"]["stage"] == {"type": "string", "value": "blue"}
    assert shown["variables"]["team"]["sensitive"] is True
    assert "hush-hush" not in json.dumps(shown)
    assert refused.returncode == 1
    assert "A saved plan admits no -var" in refused.stderr


@pytest.mark.parametrize(
    "words", [["explain", "chat"], ["plan", "-json"], ["plan", "-destroy"], ["destroy"]]
)
def test_every_verb_that_reads_the_fleet_takes_values(broker: Broker, words: list[str]) -> None:
    missing = broker(*words)
    given = broker(*words, "-var=stage=blue", env={"BROKER_PROVIDERS": "gcp"})

    assert "variable-missing" in missing.stderr + missing.stdout
    assert given.returncode == 0, given.stderr
