"""What verbs that change a fleet have in common: options, the user's word, Ctrl-C, and progress."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from broker.cli.options import flag, option
from broker.cli.values import Names, Seconds
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from types import FrameType

    from broker.ports.provisioning import StepEvent, Watch
    from broker.ports.state import Entry
    from broker.usecases.operation import Means

F = TypeVar("F", bound=Callable[..., Any])

LONGEST_WAIT_SECONDS = 86_400.0

ADDRESSES: dict[str, Any] = {"type": Names(), "multiple": True, "metavar": "ADDRESS"}

FIRST_INTERRUPT = (
    "\nInterrupt received. What is under way is being finished and recorded; this can take minutes.\n"
    "Interrupt again to stop at once: the next run mends what was half done.\n"
)
SECOND_INTERRUPT = "\nStopping at once.\n"


def changing_options(function: F) -> F:
    """Declare the options of every verb that changes a fleet."""
    for declare in reversed(
        (
            flag("auto-approve", help="Do not ask for a word before anything is changed."),
            option(
                "input",
                "may_ask",
                type=bool,
                default=True,
                metavar="BOOL",
                help="Whether to ask at all; -input=false fails where a word is needed.",
            ),
            option(
                "parallelism",
                type=click.IntRange(min=1, max=64),
                default=4,
                show_default=True,
                metavar="N",
                help="Change so many clusters at once.",
            ),
            option(
                "lock-timeout",
                type=Seconds(min=0, max=LONGEST_WAIT_SECONDS),
                default=0.0,
                metavar="SECONDS",
                help="Wait so long for somebody else's lock.",
            ),
            flag("json", "as_json", help="Print a JSON object per line, as it happens."),
            option(
                "json-into",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Write these lines into FILE, and talk to people all the same.",
            ),
        )
    ):
        function = declare(function)
    return function


def agreed(question: str, *, auto_approve: bool, may_ask: bool) -> bool:
    """Whether the user types `yes`, and nothing else; raises UsageInvalid where nobody can be asked."""
    if auto_approve:
        return True
    if not may_ask:
        raise UsageInvalid(_nobody_to_ask("-input=false does not let it be asked for"))
    sys.stdout.write(
        f"\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: "
    )
    sys.stdout.flush()
    answer = sys.stdin.readline()
    sys.stdout.write("\n")
    if not answer:
        raise UsageInvalid(_nobody_to_ask("the input has ended"))
    return answer.strip() == "yes"


def _nobody_to_ask(why: str) -> Diagnostic:
    return Diagnostic(
        code="approval-missing",
        subject="approval",
        summary=f"Nothing was changed: approval is needed, and {why}",
        hint="Give a saved plan (`broker apply FILE`), or -auto-approve.",
    )


@contextmanager
def interruptible(watch: "Watch") -> Iterator[None]:
    """Ctrl-C within asks *watch* to stop, a second one to stop at once; neither raises."""

    def told(_number: int, _frame: "FrameType | None") -> None:
        if watch.stop.is_set():
            watch.stop_now.set()
            sys.stderr.write(SECOND_INTERRUPT)
        else:
            watch.stop.set()
            sys.stderr.write(FIRST_INTERRUPT)
        sys.stderr.flush()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def means(
    *,
    parallelism: int = 4,
    lock_timeout: float = 0.0,
    heard: "Callable[[StepEvent], None]",
    noted: "Callable[[Entry], None]",
) -> "Means":
    """With what the fleet of this folder is changed; *heard* and *noted* are told as it happens."""
    from broker import bootstrap
    from broker.ports.provisioning import Watch
    from broker.usecases.operation import Means

    failpoint = bootstrap.failpoint()
    return Means(
        provisioner=bootstrap.provisioner(failpoint),
        states=bootstrap.state_store(),
        locks=bootstrap.locks(),
        journal=bootstrap.journal(),
        clock=bootstrap.clock(),
        who=bootstrap.who(),
        watch=Watch(heard=heard),
        failpoint=failpoint,
        parallel=parallelism,
        lock_seconds=lock_timeout,
        noted=noted,
    )
