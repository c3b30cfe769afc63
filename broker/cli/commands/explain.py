"""`broker explain`."""

import sys
from pathlib import Path

import click

from broker.cli.options import fleet_argument, json_flag, verb


@verb("explain")
@click.argument("workload", metavar="WORKLOAD")
@fleet_argument
@json_flag
def command(*, workload: str, fleet: str, as_json: bool) -> None:
    """Say why WORKLOAD runs where the plan puts it, and why not elsewhere.

    Shows the chosen offers, the next best with what the fleet would cost more, and the rule that
    excludes each cheaper offer.
    """
    from broker import bootstrap
    from broker.cli.progress import watching
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.explain import explanation_document, render_explanation
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output
    from broker.usecases.explain import explain_workload
    from broker.usecases.question import Surroundings

    with watching() as progress:
        explained = explain_workload(
            Path(fleet),
            workload,
            Surroundings(
                snapshot=bootstrap.bundled_snapshot,
                accelerators=bootstrap.accelerators,
                progress=progress,
            ),
        )
    print_diagnostics(explained.warnings)
    if as_json:
        print_json(explanation_document(explained))
    else:
        sys.stdout.write(render_explanation(explained, style_for(), width_of_output()))
