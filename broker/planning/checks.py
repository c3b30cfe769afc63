"""Whether a plan passes the checks of its user, and the evidence for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from broker.domain.checks import Check, Comparison, Fact, Level, Unit
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.money import MICROS_PER_UNIT, PRICE_PLACES, SUM_PLACES, Money
from broker.planning.check_facts import Found, Measured, found


class Status(StrEnum):
    """What a check came to, in Terraform's words."""

    PASS = "pass"  # noqa: S105  # the word of a check, not one to get in by
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckVerdict:
    """One *check* with what it came to, and the fact that was *found*.

    *is_about_nothing*: what its scope names is nowhere in the fleet, perhaps by mistake.
    """

    check: Check
    status: Status
    found: Found
    currency: str
    is_about_nothing: bool = False

    @property
    def is_denial(self) -> bool:
        """Whether nothing may be done: what nobody knows does not pass."""
        return self.status is not Status.PASS and self.check.level is Level.MANDATORY


def judged(checks: Iterable[Check], measured: Measured) -> tuple[CheckVerdict, ...]:
    """What each of *checks* comes to, in their order."""
    return tuple(_judged(check, measured) for check in checks)


def _judged(check: Check, measured: Measured) -> CheckVerdict:
    fact = found(check, measured)
    return CheckVerdict(
        check=check,
        status=_status(check, fact),
        found=fact,
        currency=measured.currency,
        is_about_nothing=measured.is_about_nothing(check.scope),
    )


def _status(check: Check, fact: Found) -> Status:
    """A check passes where all that the fact may be is within its bound; where there is none, too."""
    if fact.is_absent:
        return Status.PASS
    low, high, bound = fact.low, fact.high, check.bound
    is_above = low is not None and low > bound
    is_below = high is not None and high < bound
    never_above = high is not None and high <= bound
    never_below = low is not None and low >= bound
    fails, passes = {
        Comparison.AT_MOST: (is_above, never_above),
        Comparison.AT_LEAST: (is_below, never_below),
        Comparison.IS: (is_above or is_below, never_above and never_below),
    }[check.comparison]
    if fails:
        return Status.FAIL
    return Status.PASS if passes else Status.UNKNOWN


def finding(verdict: CheckVerdict) -> Diagnostic | None:
    """What to tell of a check that does not pass: an error where it is mandatory; None for one that does."""
    check = verdict.check
    subject, told = f"check.{check.name}", sentence(verdict)
    severity = Severity.ERROR if verdict.is_denial else Severity.WARNING
    detail = "\n".join(line for line in (check.message, evidence(verdict)) if line)
    match verdict.status:
        case Status.PASS:
            return None
        case Status.FAIL:
            return Diagnostic(
                severity=severity,
                code="check-failed",
                subject=subject,
                summary=f"Check {check.name} failed: {told}",
                detail=detail,
                hint=_DENIES if verdict.is_denial else "",
                where=check.where,
            )
        case Status.UNKNOWN:
            return Diagnostic(
                severity=severity,
                code="check-unknown",
                subject=subject,
                summary=f"Check {check.name} can not be decided: {told}",
                detail=detail,
                hint="State the price that is missing, or read it with `broker refresh`.",
                where=check.where,
            )


_DENIES = "Nothing is changed while a mandatory check fails. Change the fleet, or the check."


def sentence(verdict: CheckVerdict) -> str:
    """What was found, and what was asked for: `monthly-cost of team ml is $2.00, at most $1.00 is allowed`."""
    check = verdict.check
    words = {
        Comparison.AT_MOST: "at most {} is allowed",
        Comparison.AT_LEAST: "at least {} is wanted",
        Comparison.IS: "exactly {} is wanted",
    }[check.comparison]
    bound = shown(check.bound, check.what, verdict.currency)
    return f"{about(check)} {_value(verdict)}, {words.format(bound)}"


def lasting_sentence(verdict: CheckVerdict) -> str:
    """The same without an age, which grows by itself, for documents that stay as they are."""
    since = verdict.found.since
    if since is None:
        return sentence(verdict)
    bound = shown(verdict.check.bound, verdict.check.what, verdict.currency)
    oldest = f"the oldest price is of {since:%Y-%m-%d %H:%M}Z"
    return f"{about(verdict.check)}: {oldest}, and {verdict.check.comparison} {bound} is asked for"


def about(check: Check) -> str:
    """The fact with the part of the fleet that it is about: `nodes of team ml at aws`."""
    scope = [f"at {v}" if key == "at" else f"of {key} {v}" for key, v in check.scope.words]
    return " ".join([check.what.value, *scope])


def evidence(verdict: CheckVerdict) -> str:
    """From what most of it comes; empty where that says nothing. An increase comes from amounts."""
    if not verdict.found.most:
        return ""
    what = verdict.check.what
    if what is Fact.COST_INCREASE_SHARE:
        what = Fact.COST_INCREASE
    parts = [f"{name} ({shown(v, what, verdict.currency)})" for name, v in verdict.found.most]
    return f"Most of it: {', '.join(parts)}."


def _value(verdict: CheckVerdict) -> str:
    fact, what = verdict.found, verdict.check.what
    if fact.low is not None and fact.low == fact.high:
        return f"is {shown(fact.low, what, verdict.currency)}"
    if fact.low is not None:
        return f"is at least {shown(fact.low, what, verdict.currency)}, with a price unknown"
    if fact.high is not None:
        return f"is at most {shown(fact.high, what, verdict.currency)}, with a price unknown"
    return "is unknown"


def shown(value: Fraction, what: Fact, currency: str) -> str:
    """A figure for people.

    >>> shown(Fraction(21300), Fact.MONTHLY_COST, "USD"), shown(Fraction(1, 3), Fact.SPOT_SHARE, "USD")
    ('$21,300.00', '33.33 %')
    >>> shown(Fraction(90000), Fact.PRICE_AGE, "USD"), shown(Fraction(1, 4), Fact.NODES, "USD")
    ('1 d 1 h', '0.25')
    """
    match what.unit:
        case Unit.MONEY:
            is_price = what is Fact.COST_PER_ACCELERATOR_HOUR
            places = PRICE_PLACES if is_price else SUM_PLACES
            return Money(round(value * MICROS_PER_UNIT), currency).shown(places)
        case Unit.SHARE:
            return f"{float(value * 100):,.2f} %"
        case Unit.SECONDS:
            return _duration(timedelta(seconds=round(value)))
        case Unit.COUNT:
            return f"{int(value):,}" if value.denominator == 1 else f"{float(value):g}"


def _duration(elapsed: timedelta) -> str:
    hours, rest = divmod(elapsed.seconds, 3600)
    parts = {"d": elapsed.days, "h": hours, "min": rest // 60}
    told = [f"{number:,} {unit}" for unit, number in parts.items() if number]
    return " ".join(told) or f"{elapsed.seconds} s"
