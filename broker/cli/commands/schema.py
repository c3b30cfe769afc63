"""`broker schema`."""

import click

from broker.cli.misnamed import unknown
from broker.cli.options import verb


@verb("schema")
@click.argument("name", default="fleet", metavar="[NAME]")
@click.pass_context
def command(ctx: click.Context, *, name: str) -> None:
    """Print a published JSON Schema (draft 2020-12); `fleet` is that of fleet.yaml.

    Editors check and complete fleet.yaml with it.
    """
    from broker.cli.render.diagnostics import print_json
    from broker.usecases.schema import SCHEMAS

    if name not in SCHEMAS:
        raise unknown(name, SCHEMAS, ctx, code="schema-unknown")
    print_json(SCHEMAS[name]())
