"""`broker plan -destroy` where it is refused: what people see, and what programs read."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker import bootstrap
from broker.cli import foreseen
from broker.cli.exit_codes import ExitCode
from broker.domain.errors import Denied
from tests.fakes.changing import Desk, a_pool, startup_desk

GIVEN: dict[str, Any] = {
    "target": (),
    "exclude": (),
    "fleet": Path("fleet.yaml"),
    "variables": (),
    "drained": False,
    "parallelism": 1,
    "json_into": None,
    "out": None,
    "resources": False,
    "detailed_exitcode": True,
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """With a fleet that is made, and no spec in the working folder."""
    desk = startup_desk(tmp_path)
    desk.apply()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(foreseen, "silent_means", lambda _: desk.means())
    return desk


@pytest.mark.parametrize("as_json", [True, False])
def test_what_would_go_is_told_once(
    desk: Desk,
    *,
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bootstrap, "live_work", lambda: lambda *_: {})

    code = foreseen.plan_destroy(GIVEN | {"as_json": as_json})

    out = capsys.readouterr().out
    assert code is ExitCode.CHANGES
    if as_json:
        assert json.loads(out)["resource_changes"]
    assert out.count("resource_changes" if as_json else "will be destroyed") == 1


def test_what_is_refused_people_see_and_programs_get_as_the_one_document_that_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, pool = a_pool(desk)
    monkeypatch.setattr(bootstrap, "live_work", lambda: lambda *_: {pool: 1})
    into = desk.fleet.parent / "seen.json"

    code = foreseen.plan_destroy(GIVEN | {"as_json": True})
    document = json.loads(capsys.readouterr().out)
    with pytest.raises(Denied):
        foreseen.plan_destroy(GIVEN | {"as_json": False, "json_into": into})

    assert code is ExitCode.DENIED
    assert document["exit_code"] == ExitCode.DENIED
    assert document["applyable"] is False
    assert document["resource_changes"]
    assert document["diagnostics"][0]["code"] == "pool-in-use"
    assert json.loads(into.read_text()) == document
    assert "will be destroyed" in capsys.readouterr().out
    assert foreseen.plan_destroy(GIVEN | {"as_json": False, "drained": True}) is ExitCode.CHANGES
