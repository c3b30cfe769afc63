"""`broker drift`."""

import sys

import click

from broker.cli.changing import parallelism_option, silent_means
from broker.cli.exit_codes import ExitCode
from broker.cli.options import compact_warnings_flag, flag, json_flag, verb


@verb("drift")
@click.argument("clusters", nargs=-1, metavar="[CLUSTER]...")
@parallelism_option
@json_flag
@compact_warnings_flag
@flag("detailed-exitcode", help="Exit with 2 if something drifted that matters, with 0 if not.")
def command(
    *, clusters: tuple[str, ...], parallelism: int, as_json: bool, detailed_exitcode: bool
) -> ExitCode:
    """Show what the clouds have that is not as recorded, where it matters; changes nothing.

    What has an effect, may have one, or is gone, is shown; the rest is counted.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.drift import drift_document, render_drift
    from broker.cli.render.style import style_for
    from broker.usecases.drift import drift

    print_diagnostics(bootstrap.stand_in_notice())
    found = drift(silent_means(parallelism), clusters=clusters)
    if as_json:
        print_json(drift_document(found))
    else:
        sys.stdout.write(render_drift(found, style_for()))
    return ExitCode.CHANGES if detailed_exitcode and found.has_drifted else ExitCode.OK
