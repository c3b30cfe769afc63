"""-lock and -lock-timeout, which every verb has that changes what is recorded."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from broker.cli.options import option

if TYPE_CHECKING:
    from broker.domain.diagnostics import Diagnostic
    from broker.ports.state import Locks

F = TypeVar("F", bound=Callable[..., Any])

_PATIENCE = re.compile(r"(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?", re.ASCII)


class Patience(click.ParamType[float]):
    """How long to wait: `15s` or `15`, `5m`, `1h30m`, and `0s` for not at all."""

    name = "patience"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it as seconds."""
        if isinstance(value, float):
            return value
        match = _PATIENCE.fullmatch(str(value).strip())
        if match is None or not any(match.groups()):
            self.fail(f"{value!r} is no duration such as 15s or 5m", param, ctx)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return float(hours * 3600 + minutes * 60 + seconds)


def lock_options(function: F) -> F:
    """Declare -lock and -lock-timeout; the function gets `lock` and `lock_timeout`, in seconds."""
    declare = option(
        "lock",
        type=bool,
        default=True,
        metavar="BOOL",
        help="Whether others' locks count; -lock=false sets their holder aside, as force-unlock does.",
    )
    return declare(lock_timeout_option(function))


def lock_timeout_option(function: F) -> F:
    """Declare -lock-timeout; the function gets it as `lock_timeout`, in seconds."""
    return option(
        "lock-timeout",
        type=Patience(),
        default=0.0,
        metavar="DURATION",
        help="Wait so long for a lock that somebody else holds: 15s, 5m.",
    )(function)


def locks(*, respected: bool, told: "Callable[[Diagnostic], None]") -> "Locks":
    """The lock on the selected state; not *respected*, whoever holds it is set aside, and *told* of."""
    from broker import bootstrap
    from broker.usecases.force_unlock import Unlocking
    from broker.usecases.set_aside import Insisting

    usual = bootstrap.locks()
    if respected:
        return usual
    unlocking = Unlocking(
        locks=usual, journal=bootstrap.journal(), clock=bootstrap.clock(), who=bootstrap.who()
    )
    return Insisting(unlocking=unlocking, told=told)
