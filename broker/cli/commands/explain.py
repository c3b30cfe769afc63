"""`broker explain`."""

import sys
from pathlib import Path
from typing import Any

import click

from broker.cli import completions
from broker.cli.options import flag, fleet_argument, json_flag, option, verb
from broker.cli.question import question_options, surroundings
from broker.cli.stock_outs import forgetting_option


@verb("explain")
@click.argument("workload", metavar="WORKLOAD", shell_complete=completions.workloads)
@fleet_argument
@option(
    "against",
    type=click.Path(path_type=Path),
    metavar="PLAN",
    help="Compare with a saved plan, as `broker plan -against` does.",
)
@flag(
    "allow-unplaced",
    help="Where not all work can be placed, explain the best part, and who yields.",
)
@forgetting_option
@question_options
@json_flag
def command(
    *,
    workload: str,
    fleet: str,
    against: Path | None,
    allow_unplaced: bool,
    forget_stock_outs: bool,
    as_json: bool,
    **asking: Any,
) -> None:
    """Say why WORKLOAD runs where the plan puts it, and why not elsewhere.

    Shows the chosen offers, the next best with what the whole fleet would cost more, and what keeps
    each cheaper offer away.
    """
    from broker import bootstrap
    from broker.cli.progress import watching
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.explain import render_explanation
    from broker.cli.render.explain_document import explanation_document
    from broker.cli.render.left_out import left_out_document, render_left_out
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output
    from broker.usecases.explain import ExplainRequest, LeftOut, explain_workload

    with watching() as progress:
        explained = explain_workload(
            ExplainRequest(
                fleet=Path(fleet),
                workload=workload,
                against=against,
                allow_unplaced=allow_unplaced,
                now=bootstrap.clock().now(),
                forgets=forget_stock_outs,
            ),
            surroundings(progress, **asking),
            bootstrap.plan_files(),
            None
            if against is not None
            else bootstrap.state_place().reader(print_diagnostics).read(),
        )
    print_diagnostics(explained.warnings)
    if isinstance(explained, LeftOut):
        if as_json:
            print_json(left_out_document(explained))
        else:
            sys.stdout.write(render_left_out(explained, style_for(), width_of_output()))
    elif as_json:
        print_json(explanation_document(explained))
    else:
        sys.stdout.write(render_explanation(explained, style_for(), width_of_output()))
