"""What verbs that put a question to the solver have in common: their options, and their sources."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from broker.cli.options import flag

if TYPE_CHECKING:
    from broker.ports.progress import Progress
    from broker.usecases.question import Surroundings

F = TypeVar("F", bound=Callable[..., Any])


def question_options(function: F) -> F:
    """Declare the options about what a question is answered with; `surroundings` takes them."""
    return flag(
        "accept-missing-regions",
        help="Plan without the regions that the spec names and of which nothing is known.",
    )(function)


def surroundings(progress: "Progress", *, accept_missing_regions: bool) -> "Surroundings":
    """Prices and accelerators as the installed sources know them."""
    from broker import bootstrap
    from broker.usecases.question import Surroundings

    return Surroundings(
        snapshot=bootstrap.snapshot,
        accelerators=bootstrap.accelerators,
        progress=progress,
        accept_gaps=accept_missing_regions,
        notices=bootstrap.sandbox_notice(),
    )
