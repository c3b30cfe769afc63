"""`broker offers`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from broker.catalog.query import ANY_COUNT, CountRange, Order
from broker.cli import completions
from broker.cli.options import compact_warnings_flag, json_flag, option, verb
from broker.cli.values import Gib, Members, Names, Price, flat
from broker.domain.offers import CapacityType

if TYPE_CHECKING:
    from broker.usecases.offers import OffersFound, OffersRequest

DEFAULT_LIMIT = 40

NAMES: dict[str, Any] = {"type": Names(), "multiple": True}


def _count_range(ctx: click.Context, param: click.Parameter, value: str | None) -> CountRange:
    if value is None:
        return ANY_COUNT
    try:
        return CountRange.parse(value)
    except ValueError as error:
        message = f"{error}; write 8, 1/4, 4:8, 4: or :8"
        raise click.BadParameter(message, ctx, param) from error


@verb("offers")
@option(
    "gpu",
    "accelerators",
    also=["accelerator"],
    metavar="NAME[:COUNT]",
    help="Only these accelerators, by model (A100) or full name (A100-80GB); H100:8 adds a count.",
    shell_complete=completions.from_atlas(completions.accelerators),
    **NAMES,
)
@option("memory", type=Gib(), metavar="GIB", help="At least so much memory per device.")
@option(
    "count",
    metavar="N|N:M",
    callback=_count_range,
    help="Devices per machine: exact, a range (4:8, 4:, :8), or a share of one (1/4).",
)
@option(
    "cloud",
    also=["provider"],
    metavar="NAME",
    help="Only these clouds.",
    shell_complete=completions.from_atlas(completions.clouds),
    **NAMES,
)
@option(
    "region",
    metavar="NAME",
    help="Only these regions: eu-west-1 or aws/eu-west-1.",
    shell_complete=completions.from_atlas(completions.regions),
    **NAMES,
)
@option("zone", metavar="ID", help="Only offers that are sold in these zones.", **NAMES)
@option(
    "jurisdiction",
    metavar="CODE",
    help="Only regions under this law: a country (DE) or a union (EU).",
    shell_complete=completions.from_atlas(completions.jurisdictions),
    **NAMES,
)
@option(
    "capacity",
    type=Members(CapacityType),
    multiple=True,
    metavar="TYPE",
    help=f"Only these capacity types: {', '.join(CapacityType)}.",
)
@option("machine-type", metavar="PATTERN", help="Only these machine types: p5*, *ND96*.", **NAMES)
@option("max-price", type=Price(), metavar="$", help="At most so much per machine and hour.")
@option("max-price-per-gpu", type=Price(), metavar="$", help="At most so much per device and hour.")
@option(
    "sort",
    type=click.Choice([order.value for order in Order]),
    metavar="KEY",
    help=f"By {', '.join(Order)}; an unknown price comes last. By price if not given, groups by gpu.",
)
@option(
    "group-by",
    type=click.Choice(["gpu"]),
    metavar="gpu",
    help="One line per accelerator, with its cheapest offers.",
)
@option(
    "history",
    metavar="TYPE",
    help="Show how the prices of these machine types (p5*) went from refresh to refresh.",
)
@option(
    "limit",
    type=click.IntRange(min=0),
    default=DEFAULT_LIMIT,
    show_default=True,
    metavar="N",
    help="Lines of the table, 0 for all; -json is always complete.",
)
@compact_warnings_flag
@json_flag
def command(**given: Any) -> None:
    """List what the clouds sell, and for how much.

    Names may be repeated or separated by commas, and different options narrow together:
    `broker offers -gpu=H100,H200 -jurisdiction=EU -capacity=spot -sort=price-per-gpu`.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.offers import groups_document, offers_document
    from broker.usecases.offers import find_offers

    if given["history"] is not None:
        given["machine_type"] = (*given["machine_type"], (given["history"],))
    found = find_offers(_request(given), bootstrap.snapshot(), bootstrap.accelerators())
    print_diagnostics(bootstrap.sandbox_notice())
    if given["history"] is not None:
        _show_history(found, limit=given["limit"], as_json=given["as_json"])
        return
    grouped = given["group_by"] is not None
    if given["as_json"]:
        print_json(groups_document(found) if grouped else offers_document(found))
    else:
        sys.stdout.write(_text(found, grouped=grouped, limit=given["limit"]) + "\n")


def _show_history(found: "OffersFound", *, limit: int, as_json: bool) -> None:
    from broker import bootstrap
    from broker.catalog.history import price_series
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.history import history_document, render_history
    from broker.cli.render.style import style_for

    changes = bootstrap.snapshot_store().history([offer.name for offer in found.offers])
    series = price_series(found.offers, changes)
    if as_json:
        print_json(history_document(series))
    elif not found.offers:
        sys.stdout.write(_text(found, grouped=False, limit=limit) + "\n")
    else:
        now = bootstrap.clock().now()
        text = render_history(series, limit=limit, now=now, style=style_for())
        sys.stdout.write(text + "\n")


def _request(given: dict[str, Any]) -> "OffersRequest":
    from broker.usecases.offers import OffersRequest

    return OffersRequest(
        accelerators=flat(given["accelerators"]),
        least_memory_gib=given["memory"],
        count=given["count"],
        providers=flat(given["cloud"]),
        regions=flat(given["region"]),
        zones=flat(given["zone"]),
        jurisdictions=flat(given["jurisdiction"]),
        capacity_types=flat(given["capacity"]),
        machine_types=flat(given["machine_type"]),
        max_price=given["max_price"],
        max_price_per_gpu=given["max_price_per_gpu"],
        order=None if given["sort"] is None else Order(given["sort"]),
    )


def _text(found: "OffersFound", *, grouped: bool, limit: int) -> str:
    from broker import bootstrap
    from broker.cli.render.offers import render_groups, render_offers
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output

    now = bootstrap.clock().now()
    width, style = width_of_output(), style_for()
    if grouped:
        return render_groups(found, limit=limit, now=now, width=width, style=style)
    return render_offers(found, limit=limit, now=now, width=width, style=style)
