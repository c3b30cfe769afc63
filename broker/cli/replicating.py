"""`broker state replicate` and `broker state promote`."""

import sys
from typing import TYPE_CHECKING, Any

from broker.cli.books import books_of
from broker.cli.locking import lock_options
from broker.cli.options import flag, json_flag, verb
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from broker.ports.replicas import StateReplica
    from broker.usecases.replica import Promotion


@verb("replicate", short="Copy the state into its replica")
@flag("force", help="Whatever is there: of another state, promoted, or damaged; it is kept beside.")
@lock_options
@json_flag
def replicate(*, force: bool, as_json: bool, **locking: Any) -> None:
    """Copy the state into the replica that BROKER_STATE_REPLICA names.

    Each write of the state is copied there by itself: this is for the first time, and for after a copy
    failed. `broker doctor` tells how far the replica is behind.
    """
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.replica import copied_document
    from broker.usecases.replica import replicated

    replica = _replica()
    state = replicated(books_of(**locking), replica, force=force)
    address = "" if replica is None else replica.address
    if as_json:
        print_json(copied_document(state, address))
    else:
        sys.stdout.write(f"{address} holds serial {state.serial} now.\n")


@verb("promote", short="Make the replica the state")
@flag("force", help="Do not ask, even where it is the replica of another place.")
@lock_options
@json_flag
def promote(*, force: bool, as_json: bool, **locking: Any) -> None:
    """Make the replica that BROKER_STATE_REPLICA names the state, after a `yes`.

    This is for when the state is lost, or can not be reached for long. What was written and not copied is
    lost; the next plans and applies find in the clouds what it was. Whoever still writes to the old state
    is refused once they hear of the replica. While the state can be reached, nothing is lost: it becomes
    the replica in turn.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.replica import copied_document, render_promoted
    from broker.usecases.replica import Sides, promoted

    place = bootstrap.state_place()
    sides = Sides(
        replica=_replica(),
        journal=lambda: bootstrap.journal_in(_there()),
        turned=place.turned(),
    )
    state = promoted(books_of(**locking), sides, lambda asked: force or _agreed(asked), force=force)
    address = _there().address
    if state is None:
        raise UsageInvalid(
            Diagnostic(
                code="promotion-cancelled",
                subject=address,
                summary="Nothing was promoted: nobody said `yes`",
                hint="-force does not ask.",
            )
        )
    if as_json:
        print_json(copied_document(state, address))
    else:
        sys.stdout.write(render_promoted(state, address))


def _replica() -> "StateReplica | None":
    """That of the state; raises UsageInvalid where that is a sandbox's, whatever is named for others."""
    from broker import bootstrap

    if bootstrap.sandbox() is not None:
        raise UsageInvalid(
            Diagnostic(
                code="replica-missing",
                subject="sandbox",
                summary="This folder has a sandbox, and the state of a sandbox has no replica",
                hint="`broker sandbox stop` returns to the state of the clouds themselves, whose replica "
                "BROKER_STATE_REPLICA names.",
            )
        )
    return bootstrap.state_place().replica()


def _there() -> Any:
    """What holds the replica, of which is known by then that there is one."""
    from broker import bootstrap

    return bootstrap.state_place().copies()


def _agreed(asked: "Promotion") -> bool:
    from broker.cli.render.replica import render_promotion

    sys.stderr.write(f"{render_promotion(asked)}\n  Enter a value: ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    sys.stderr.write("" if answer.endswith("\n") else "\n")
    return answer.strip() == "yes"
