"""What verbs that change a fleet have in common: options, the user's word, Ctrl-C, and progress."""

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from broker.cli import completions
from broker.cli.exit_codes import ExitCode
from broker.cli.interrupts import each_signal
from broker.cli.libraries import quieten_libraries
from broker.cli.locking import Patience, lock_options, locks
from broker.cli.options import flag, option
from broker.cli.render.diagnostics import print_diagnostics
from broker.cli.values import Names, Seconds
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from broker.cli.talk import Talk
    from broker.ports.provisioning import StepEvent
    from broker.ports.state import Entry
    from broker.usecases.apply import Applied
    from broker.usecases.destroy import Destroyed
    from broker.usecases.operation import Means

F = TypeVar("F", bound=Callable[..., Any])

ENGINE_SECONDS = 3600.0
LONGEST_RUN_SECONDS = 86_400.0

ADDRESSES: dict[str, Any] = {
    "type": Names(),
    "multiple": True,
    "metavar": "ADDRESS",
    "shell_complete": completions.changeable,
}


def changing_options(function: F) -> F:
    """Declare the options of every verb that changes a fleet, once the user has agreed."""
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
            running_options,
        )
    ):
        function = declare(function)
    return function


def running_options(function: F) -> F:
    """Declare the options of every verb that runs the engine under the lock."""
    for declare in reversed(
        (
            parallelism_option,
            lock_options,
            option(
                "timeout",
                type=Seconds(min=1, max=LONGEST_RUN_SECONDS),
                default="1h",
                show_default=True,
                metavar="DURATION",
                help="End a run of the engine that takes longer; the same command goes on then.",
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


def parallelism_option(function: F) -> F:
    """Declare -parallelism: of clusters, whose resources are changed at once as the engine sees fit."""
    return option(
        "parallelism",
        type=click.IntRange(min=1, max=64),
        default=4,
        show_default=True,
        metavar="N",
        help="See to so many clusters at once.",
    )(function)


def reading_options(function: F) -> F:
    """Declare what Terraform's users say to a plan; it asks nothing and takes no lock anyway."""
    for name, metavar in (("input", "BOOL"), ("lock", "BOOL"), ("lock-timeout", "DURATION")):
        declare = option(
            name,
            expose_value=False,
            type=bool if metavar == "BOOL" else Patience(),
            metavar=metavar,
            help="Taken for scripts: this verb asks nothing, and takes no lock.",
            hidden=name == "lock-timeout",
        )
        function = declare(function)
    return function


def agreed(question: str, given: dict[str, Any], *, ways: str) -> bool:
    """Whether the user types `yes`, and nothing else; raises UsageInvalid where nobody can be asked.

    *ways* says how to approve without being asked.
    """
    if given["auto_approve"]:
        return True
    if given.get("as_json"):
        raise UsageInvalid(_nobody_to_ask("a program can not type `yes`", ways))
    if not given["may_ask"]:
        raise UsageInvalid(_nobody_to_ask("-input=false does not let it be asked for", ways))
    sys.stdout.write(
        f"\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: "
    )
    sys.stdout.flush()
    with each_signal(signal.default_int_handler):
        answer = sys.stdin.readline()
    sys.stdout.write("\n")
    if not answer:
        raise UsageInvalid(_nobody_to_ask("the input has ended", ways))
    return answer.strip() == "yes"


WAYS_TO_APPLY = "Give a saved plan (`broker apply FILE`), or -auto-approve."
WAYS_TO_DESTROY = "-auto-approve destroys without asking."
WAYS_TO_ACCEPT = "-auto-approve accepts it without asking."
"""How what would be asked for is approved beforehand."""


def _nobody_to_ask(why: str, ways: str) -> Diagnostic:
    return Diagnostic(
        code="approval-missing",
        subject="approval",
        summary=f"Nothing was changed: approval is needed, and {why}",
        hint=ways,
    )


def check_approvable(verb: str, given: dict[str, Any], *, ways: str) -> None:
    """Raise UsageInvalid if a program asks for a change without approving it: it can type no `yes`."""
    if given["as_json"] and not given["auto_approve"]:
        raise UsageInvalid(
            Diagnostic(
                code="approval-missing",
                subject=f"{verb} -json",
                summary="Plan file or auto-approve required",
                hint=f"A program can not type `yes`. {ways}",
            )
        )


def means_of(given: dict[str, Any], talk: "Talk") -> "Means":
    """With what a verb with `running_options` changes the fleet, as it was *given*."""
    from broker import bootstrap

    used = means(
        parallelism=given["parallelism"],
        timeout=given["timeout"],
        heard=talk.step,
        warned=talk.findings,
        noted=talk.entry,
    )
    return replace(
        used,
        states=bootstrap.state_store(told=talk.findings),
        locks=locks(respected=given["lock"], told=lambda finding: talk.findings([finding])),
        lock_seconds=given["lock_timeout"],
        reading=talk.reading,
    )


def means(
    *,
    parallelism: int = 4,
    timeout: float = ENGINE_SECONDS,
    heard: "Callable[[StepEvent], None]",
    warned: "Callable[[Sequence[Diagnostic]], None]",
    noted: "Callable[[Entry], None]",
) -> "Means":
    """With what the fleet of this folder is changed; *heard*, *warned* and *noted* are told as it happens."""
    from broker import bootstrap
    from broker.ports.provisioning import Watch
    from broker.usecases.operation import Means

    quieten_libraries()
    failpoint = bootstrap.failpoint()
    return Means(
        provisioner=bootstrap.provisioner(failpoint, timeout_seconds=timeout),
        states=bootstrap.state_store(),
        locks=bootstrap.locks(),
        journal=bootstrap.journal(),
        clock=bootstrap.clock(),
        who=bootstrap.who(),
        place=bootstrap.state_place().address(),
        watch=Watch(heard=heard, warned=warned),
        failpoint=failpoint,
        parallel=parallelism,
        noted=noted,
    )


def silent_means(
    parallelism: int, warned: "Callable[[Sequence[Diagnostic]], None]" = print_diagnostics
) -> "Means":
    """With what the engine is asked, and nobody told of it but who is *warned*, of each finding once.

    The state is only read.
    """
    from broker import bootstrap

    told: set[Diagnostic] = set()

    def once(findings: Sequence[Diagnostic]) -> None:
        new = [finding for finding in findings if finding not in told]
        told.update(new)
        warned(new)

    used = means(
        parallelism=parallelism,
        heard=lambda event: None,
        warned=once,
        noted=lambda entry: None,
    )
    return replace(used, states=bootstrap.state_place().reader(warned))


def carried_out(
    talk: "Talk", text: str, done: "Applied | Destroyed", operation: str, **figures: Any
) -> ExitCode:
    """The last word of an *operation* that may have been called off, with what is there now."""
    return talk.ended(
        text,
        ExitCode.ERROR if done.cancelled else ExitCode.OK,
        operation=None if done.cancelled else operation,
        outputs={record.name: record.outputs for record in done.state.members},
        serial=done.state.serial,
        expires_at=None if done.state.expires_at is None else done.state.expires_at.isoformat(),
        clusters_changed=list(done.outcome.made),
        clusters_destroyed=list(done.outcome.removed),
        **figures,
    )
