"""-ttl, which plan and apply have: how long the fleet of a workspace may live."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from broker.cli.options import option
from broker.cli.values import Lasting, Lifespan

if TYPE_CHECKING:
    from broker.planning.lifetime import Ttl

F = TypeVar("F", bound=Callable[..., Any])


def ttl_option(function: F) -> F:
    """Declare -ttl; the function gets it as `ttl`, None where nothing is said."""
    return option(
        "ttl",
        type=Lifespan(),
        metavar="DURATION",
        help="Let the whole fleet live so long from now on, 4h or 2d, until `broker reap` takes it away; "
        "-ttl=none lets it last. Without it, it ends when it is recorded to.",
    )(function)


def typed_ttl(given: "timedelta | Lasting | None") -> list[str]:
    """The argument with which to go on: what has not begun yet must not last for want of it."""
    if given is None:
        return []
    return ["-ttl=none" if isinstance(given, Lasting) else f"-ttl={int(given.total_seconds())}s"]


def ttl_asked(given: "timedelta | Lasting | None") -> "Ttl | None":
    """When the fleet is to end by what was *given*, at this instant."""
    from broker import bootstrap
    from broker.planning.lifetime import ttl_of

    if given is None:
        return None
    duration = None if isinstance(given, Lasting) else given
    return ttl_of(duration, bootstrap.clock().now())
