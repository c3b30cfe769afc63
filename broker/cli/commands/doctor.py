"""`broker doctor`."""

import sys
from typing import TYPE_CHECKING

from broker.cli.exit_codes import ExitCode
from broker.cli.options import json_flag, verb
from broker.cli.render.diagnostics import print_json
from broker.domain.errors import BrokerError

if TYPE_CHECKING:
    from broker.catalog.snapshot import Snapshot
    from broker.usecases.replica import Lag


@verb("doctor")
@json_flag
def command(*, as_json: bool) -> ExitCode:
    """Say what is installed, what is missing, and how to get it.

    The exit code is 1 if anything is missing that `broker plan` needs.
    """
    from broker import bootstrap
    from broker.cli.render.doctor import doctor_document, render_checks
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output
    from broker.usecases.doctor import diagnose, is_able

    conflict = _conflict()
    checks = diagnose(
        bootstrap.installation(),
        [] if conflict else bootstrap.programs(),
        _catalog(),
        conflict,
        bootstrap.clock().now(),
        _replica(),
    )
    if as_json:
        print_json(doctor_document(checks))
    else:
        sys.stdout.write(render_checks(checks, style_for(), width_of_output()) + "\n")
    return ExitCode.OK if is_able(checks) else ExitCode.ERROR


def _catalog() -> "Snapshot | BrokerError":
    from broker import bootstrap

    try:
        return bootstrap.snapshot()
    except BrokerError as error:
        return error


def _replica() -> "Lag | None":
    from broker import bootstrap
    from broker.usecases.replica import Lag, lag

    try:
        replica = bootstrap.state_place().replica()
        return None if replica is None else lag(bootstrap.state_store(), replica)
    except BrokerError as error:
        hint = " ".join(diagnostic.hint for diagnostic in error.diagnostics)
        return Lag(address="", why=str(error), hint=hint)


def _conflict() -> BrokerError | None:
    from broker.storage.packages import check_versions

    try:
        check_versions()
    except BrokerError as error:
        return error
    return None
