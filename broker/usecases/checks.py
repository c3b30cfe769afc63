"""The user's checks on what is about to be done: what is told of it, and whether it may be done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from broker.domain.checks import Check
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Denied
from broker.domain.fleet import Fleet
from broker.planning.check_documents import check_documents, checks_of
from broker.planning.check_facts import Measured, measured_of
from broker.planning.checks import CheckVerdict, finding, judged
from broker.planning.desired import fleet_of
from broker.planning.half_made import billed
from broker.usecases.decision import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The *verdicts* on what was *measured*."""

    measured: Measured
    verdicts: tuple[CheckVerdict, ...]

    @property
    def document(self) -> dict[str, Any]:
        """What plan documents say of it: nothing where nothing is checked."""
        return {"checks": check_documents(self.verdicts)} if self.verdicts else {}

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What does not pass, and may be done all the same."""
        return tuple(_told(v for v in self.verdicts if not v.is_denial))

    @property
    def denied(self) -> tuple[Diagnostic, ...]:
        """Why it must not be done."""
        return tuple(_told(v for v in self.verdicts if v.is_denial))


def judge_decision(decision: Decision, document: Mapping[str, Any], now: datetime) -> Judgement:
    """Hold a *decision*, of which *document* tells, against the checks of its spec.

    What is to be forgotten is recorded until it is: what the fleet costs now is with it.
    """
    measured = _measured(document, decision.solution.fleet, decision.whole, now)
    return _judged(decision.question.spec.checks, measured)


def judge_saved(document: dict[str, Any], before: Fleet, now: datetime) -> Judgement:
    """Hold a saved plan, where *before* is recorded now, against the checks that it holds itself.

    Raises PlanFileInvalid.
    """
    return _judged(checks_of(document), _measured(document, fleet_of(document), before, now))


def _measured(
    document: Mapping[str, Any], fleet: Fleet, recorded: Fleet, now: datetime
) -> Measured:
    """What is half made, and goes, is there as much as what is *recorded*."""
    before = billed(recorded, document["resource_changes"], document["cost"]["currency"])
    return measured_of(document, fleet, before, now)


def judge_again(
    first: Judgement, measured: Measured, *, warned: Callable[[Sequence[Diagnostic]], None]
) -> None:
    """Hold what *first* was agreed to, now that it comes to what was *measured*, to the same checks.

    Changes count from what was there at first. *warned* hears of what does not pass any more. Raises
    Denied.
    """
    checks = (verdict.check for verdict in first.verdicts)
    again = _judged(checks, replace(measured, before=first.measured.before))
    if again.denied:
        raise Denied(*again.denied)
    failed = {finding.subject for finding in first.warnings}
    new = [finding for finding in again.warnings if finding.subject not in failed]
    if new:
        warned(new)


def _judged(checks: Iterable[Check], measured: Measured) -> Judgement:
    return Judgement(measured=measured, verdicts=judged(checks, measured))


def _told(verdicts: Iterable[CheckVerdict]) -> list[Diagnostic]:
    return [told for verdict in verdicts if (told := finding(verdict)) is not None]
