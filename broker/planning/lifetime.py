"""Until when a fleet may live: what is recorded, and what a change makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.planning.shape import INSTANT, Optional, Shape
from broker.ports.state import State

Document = dict[str, Any]

MINUTE = timedelta(minutes=1)

LIFETIME: Shape = Optional({"before": Optional(INSTANT), "after": Optional(INSTANT)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ttl:
    """What is asked for: a fleet that may live *until* then; None for one that lasts."""

    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """The end of a fleet *before* a change, and *after* it; None for one that lasts."""

    before: datetime | None = None
    after: datetime | None = None

    @property
    def has_changed(self) -> bool:
        """Whether it is put off, brought forward, set or taken back."""
        return self.before != self.after


def ttl_of(duration: timedelta | None, now: datetime) -> Ttl:
    """The end of a fleet that lives for *duration*, to the next full minute, as it is shown."""
    if duration is None:
        return Ttl(until=None)
    until = (now + duration).astimezone(UTC)
    whole = until.replace(second=0, microsecond=0)
    return Ttl(until=whole if whole == until else whole + MINUTE)


def lifetime_of(state: State | None, asked: Ttl | None) -> Lifetime:
    """What is recorded, and what is *asked* for in its place; None keeps it."""
    before = None if state is None else state.expires_at
    return Lifetime(before=before, after=before if asked is None else asked.until)


def lifetime_document(lifetime: Lifetime) -> Document:
    """As plan documents write it; nothing of a fleet that lasts, and did before."""
    if lifetime.before is None and lifetime.after is None:
        return {}
    return {
        "lifetime": {"before": _written(lifetime.before), "after": _written(lifetime.after)},
    }


def lifetime_in(document: Mapping[str, Any]) -> Lifetime:
    """What `lifetime_document` wrote into *document*."""
    stated = document.get("lifetime") or {}
    return Lifetime(before=_read(stated.get("before")), after=_read(stated.get("after")))


def has_run_out(expires_at: datetime | None, now: datetime, grace: timedelta = timedelta()) -> bool:
    """Whether a fleet that may live until then is to go *now*; one that lasts never is."""
    return expires_at is not None and now - expires_at >= grace


def check_alive(lifetime: Lifetime, now: datetime) -> None:
    """Refuse to make anything of a fleet whose end has come: raises PlanStale."""
    if has_run_out(lifetime.after, now):
        raise PlanStale(expired(lifetime))


def expired(lifetime: Lifetime) -> Diagnostic:
    """That its end has come, and what may be done."""
    return Diagnostic(
        code="fleet-expired",
        subject="fleet",
        summary=f"The fleet was to live until {shown(lifetime.after)}, which is over",
        hint="`broker reap` takes away what is left of it. -ttl=4h puts its end off, -ttl=none lets it last.",
    )


def shown(instant: datetime | None) -> str:
    """For people, in one time zone.

    >>> shown(datetime(2026, 11, 30, 5, 30, tzinfo=UTC)), shown(None)
    ('2026-11-30 05:30 UTC', 'for good')
    """
    return "for good" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _written(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()


def _read(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
