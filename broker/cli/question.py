"""What verbs that put a question to the solver have in common: their options, and their sources."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from broker.cli.options import compact_warnings_flag, flag, option
from broker.cli.values import Age
from broker.cli.variables import Typed, given_values, variable_options

if TYPE_CHECKING:
    from broker.ports.progress import Progress
    from broker.usecases.question import Surroundings

F = TypeVar("F", bound=Callable[..., Any])


def question_options(function: F) -> F:
    """Declare the options about what a question is answered with; `surroundings` takes them."""
    accept = flag(
        "accept-missing-regions",
        help="Plan without the regions that the spec names and of which nothing is known.",
    )
    oldest = option(
        "max-price-age",
        type=Age(),
        metavar="AGE",
        help="Do not rank prices that are older: 12h, 7d. Without it, any age will do.",
    )
    return accept(oldest(variable_options(compact_warnings_flag(function))))


def surroundings(
    progress: "Progress",
    *,
    accept_missing_regions: bool,
    max_price_age: timedelta | None,
    variables: Typed = (),
) -> "Surroundings":
    """Prices and accelerators as the installed sources know them."""
    from broker import bootstrap
    from broker.usecases.question import IDLE, Surroundings

    return Surroundings(
        snapshot=bootstrap.snapshot,
        accelerators=bootstrap.accelerators,
        progress=_told(progress),
        accept_gaps=accept_missing_regions,
        oldest_price=None if max_price_age is None else bootstrap.clock().now() - max_price_age,
        notices=[*bootstrap.sandbox_notice(), *bootstrap.snapshot_store().findings(IDLE)],
        workspace=bootstrap.workspace_of_fleet(),
        workers=bootstrap.workers(),
        given=given_values(variables),
    )


def _told(progress: "Progress") -> "Progress":
    """Who shows how far it is, and logs it where there is a log."""
    if not os.environ.get("BROKER_LOG"):
        return progress
    from broker.cli.log_progress import LoggedProgress

    return LoggedProgress(progress)
