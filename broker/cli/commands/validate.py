"""`broker validate`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from broker.cli.exit_codes import ExitCode
from broker.cli.options import compact_warnings_flag, fleet_argument, json_flag, verb
from broker.cli.render.diagnostics import log_diagnostics, print_diagnostics, print_json
from broker.cli.render.findings import render_totals, validation_document
from broker.cli.variables import Typed, given_values, variable_options
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.domain.wording import many


@verb("validate")
@fleet_argument
@variable_options
@compact_warnings_flag
@json_flag
def command(*, fleet: str, variables: Typed, as_json: bool) -> ExitCode:
    """Check a fleet and show every finding at once, with its place in the file.

    FLEET is a file or a folder with a fleet.yaml; without it, fleet.yaml of the working folder.
    The exit code is 1 if the fleet is not valid.
    """
    from broker import bootstrap
    from broker.usecases.validate import validate

    atlas = bootstrap.atlas()
    try:
        lowered = validate(Path(fleet), atlas, given_values(variables))
    except SpecInvalid as error:
        _tell(error.diagnostics, f"{fleet} is not valid", as_json=as_json)
        return ExitCode.ERROR
    spec = lowered.spec
    workloads = many(len(spec.workloads), "workload")
    _tell(lowered.warnings, f"fleet {spec.name}: {workloads}, valid", as_json=as_json)
    return ExitCode.OK


def _tell(findings: Sequence[Diagnostic], verdict: str, *, as_json: bool) -> None:
    if as_json:
        log_diagnostics(findings)
        print_json(validation_document(findings))
        return
    print_diagnostics(findings)
    totals = render_totals(findings)
    sys.stdout.write(f"{verdict}{f' ({totals})' if totals else ''}\n")
