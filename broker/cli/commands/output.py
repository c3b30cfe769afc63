"""`broker output`."""

import sys
from typing import Any

import click

from broker.cli import completions
from broker.cli.options import flag, json_flag, verb
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

NOTHING = (
    "No outputs: no cluster that was made is recorded here. `broker apply` makes what is planned.\n"
)


@verb("output")
@click.argument("name", default="", metavar="[NAME]", shell_complete=completions.outputs)
@json_flag
@flag("raw", help="Print one text, number or truth value as it is, without quotes: for scripts.")
def command(*, name: str, as_json: bool, raw: bool) -> None:
    """Print what is known of each cluster that is there: its API, its OIDC issuer, ids of pools.

    NAME is a cluster, or a value of it: `aws-us-east-1.endpoint`, `aws-us-east-1.pools.NAME`. -json
    without a NAME has Terraform's shape: `{"CLUSTER": {"sensitive", "type", "value"}}`. No secret is
    among them.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.outputs import outputs_document, render_outputs, render_value
    from broker.usecases.output import output, outputs

    if as_json and raw:
        message = "-json and -raw do not go together."
        raise click.UsageError(message)
    if raw and not name:
        message = "-raw takes the NAME of one value."
        raise click.UsageError(message)
    states = bootstrap.state_place().reader(print_diagnostics)
    if name:
        value = output(states, name).value
        if as_json:
            print_json(value)
        else:
            sys.stdout.write(_raw(name, value) if raw else f"{render_value(value)}\n")
        return
    found = outputs(states)
    if as_json:
        print_json(outputs_document(found))
        return
    if not found:
        sys.stderr.write(NOTHING)
    sys.stdout.write(render_outputs(found))


def _raw(name: str, value: Any) -> str:
    """As it is; raises UsageInvalid for what has parts."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            raise UsageInvalid(
                Diagnostic(
                    code="output-not-raw",
                    subject=name,
                    summary=f"{name} is no single value, and can not be printed with -raw",
                    hint=f"Name one of its values: {name}.KEY. -json prints all of them.",
                )
            )
