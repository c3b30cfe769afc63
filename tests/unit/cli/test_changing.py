"""The word that is asked for before a fleet is changed, and what is said where nobody can be asked."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from broker.cli.changing import (
    WAYS_TO_APPLY,
    WAYS_TO_DESTROY,
    agreed,
    check_approvable,
    silent_means,
)
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import UsageInvalid

ASKED: dict[str, Any] = {"auto_approve": False, "may_ask": True, "as_json": False}


@pytest.mark.parametrize(
    ("typed", "is_agreed"), [("yes\n", True), ("y\n", False), ("YES\n", False), ("\n", False)]
)
def test_only_yes_is_an_approval(
    typed: str, *, is_agreed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))

    assert agreed("Sure?", ASKED, ways=WAYS_TO_APPLY) is is_agreed


def test_approved_beforehand_nothing_is_asked() -> None:
    given = ASKED | {"auto_approve": True, "may_ask": False}

    assert agreed("Sure?", given, ways=WAYS_TO_APPLY)


@pytest.mark.parametrize("ways", [WAYS_TO_APPLY, WAYS_TO_DESTROY])
@pytest.mark.parametrize("may_ask", [True, False])
def test_where_nobody_can_be_asked_the_hint_is_of_the_verb(
    ways: str, *, may_ask: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(UsageInvalid) as refused:
        agreed("Sure?", ASKED | {"may_ask": may_ask}, ways=ways)

    (finding,) = refused.value.diagnostics
    assert (finding.code, finding.hint) == ("approval-missing", ways)


def test_a_program_can_not_type_yes() -> None:
    with pytest.raises(UsageInvalid) as refused:
        check_approvable("broker destroy", ASKED | {"as_json": True}, ways=WAYS_TO_DESTROY)

    (finding,) = refused.value.diagnostics
    assert finding.summary == "Plan file or auto-approve required"
    assert "saved plan" not in finding.hint


def test_who_only_reads_is_warned_of_each_finding_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[Diagnostic] = []
    one, other = (
        Diagnostic(code="c", severity=Severity.WARNING, subject=name, summary="It is so")
        for name in ("a", "b")
    )

    watch = silent_means(1, told.extend).watch
    watch.warned([one])
    watch.warned([one, other])

    assert told == [one, other]
