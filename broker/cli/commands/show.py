"""`broker show`."""

import sys
from pathlib import Path

import click

from broker.cli.options import json_flag, resources_flag, verb


@verb("show")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@json_flag
@resources_flag
def command(*, file: Path, as_json: bool, resources: bool) -> None:
    """Show a plan saved with `broker plan -out FILE`, of what is to be destroyed too.

    -json prints the document that `broker plan -json` printed when the plan was made.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.plan import Page, render_plan
    from broker.cli.render.removal import render_removal_plan
    from broker.cli.render.stacks import render_stacks
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output
    from broker.usecases.removal_documents import is_removal
    from broker.usecases.show import show

    document = show(file, bootstrap.plan_files())
    if as_json:
        print_json(document)
        return
    if is_removal(document):
        sys.stdout.write(render_removal_plan(document, style_for(), lists_all=resources))
        return
    page = Page(now=bootstrap.clock().now(), style=style_for(), width=width_of_output())
    stacks = render_stacks(document.get("stacks", []), page.style, lists_all=resources)
    sys.stdout.write(render_plan(document, page))
    sys.stdout.write(f"\n{stacks}\n" if stacks else "")
