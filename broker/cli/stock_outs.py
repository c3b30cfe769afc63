"""-forget-stock-outs and -remember-stock-outs: what plan, explain and apply do with what was out of stock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from broker.cli.options import flag, option
from broker.cli.values import Seconds

F = TypeVar("F", bound=Callable[..., Any])

MEMORY_SECONDS = 3600.0
LONGEST_MEMORY_SECONDS = 86_400.0


def forgetting_option(function: F) -> F:
    """Declare -forget-stock-outs; the function gets it as `forget_stock_outs`."""
    return flag(
        "forget-stock-outs",
        help="Ask again for what was out of stock or over quota a little while ago, in place of leaving "
        "it aside.",
    )(function)


def remembering_option(function: F) -> F:
    """Declare -remember-stock-outs; the function gets it in seconds, as `remember_stock_outs`."""
    return option(
        "remember-stock-outs",
        type=Seconds(min=0, max=LONGEST_MEMORY_SECONDS),
        default="1h",
        show_default=True,
        metavar="DURATION",
        help="For how long plans leave aside what turns out to be out of stock or over quota: 15m, 24h at the "
        "most; 0 for none. A number without a unit is of seconds.",
    )(function)


def memory_of(given: dict[str, Any]) -> timedelta:
    """For how long a stock-out is believed."""
    return timedelta(seconds=given["remember_stock_outs"])


def typed_stock_outs(given: dict[str, Any]) -> list[str]:
    """The arguments with which to go on."""
    seconds = given["remember_stock_outs"]
    memory = [] if seconds == MEMORY_SECONDS else [f"-remember-stock-outs={seconds:g}"]
    return [*(["-forget-stock-outs"] if given["forget_stock_outs"] else []), *memory]
