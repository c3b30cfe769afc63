"""`broker refresh`."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from broker.cli import completions
from broker.cli.exit_codes import ExitCode
from broker.cli.libraries import quieten_libraries
from broker.cli.options import compact_warnings_flag, flag, option, verb
from broker.cli.values import Names, Seconds, flat

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.domain.regions import RegionResult
    from broker.usecases.refresh import Refreshed, RefreshRequest

NAMES: dict[str, Any] = {"type": Names(), "multiple": True}

LONGEST_DEADLINE = 3600.0

WITHOUT_ACCOUNT = "Without an account: `broker sandbox start` runs stand-ins for the clouds here."


@verb("refresh")
@option(
    "cloud",
    also=["provider"],
    metavar="NAME",
    help="Ask only these clouds.",
    shell_complete=completions.from_atlas(completions.clouds),
    **NAMES,
)
@option(
    "region",
    metavar="NAME",
    help="Ask only about these regions: eu-west-1 or aws/eu-west-1.",
    shell_complete=completions.from_atlas(completions.regions),
    **NAMES,
)
@option(
    "deadline",
    type=Seconds(min=0.1, max=LONGEST_DEADLINE),
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="Wait no longer than that for a region: 30s, 2m; a plain number is of seconds.",
)
@option(
    "parallelism",
    type=click.IntRange(min=1, max=256),
    default=32,
    show_default=True,
    metavar="N",
    help="Ask about so many regions at once.",
)
@flag("diff", help="Show what moved since the last refresh.")
@flag("accept-falls", help="Believe prices that fell by more than half to become the cheapest.")
@compact_warnings_flag
@flag("json", "as_json", help="Print a JSON object per line: each region as it comes, then all.")
def command(**given: Any) -> ExitCode:
    """Ask the clouds what they offer, and keep it for plan, explain and offers.

    Every region ends in one status: ok, denied, not-opted-in, throttled, timeout or error. A region
    that failed keeps what was known of it, with its age, and the exit code is 4; it is 1 if none
    could be had. Credentials are those that the SDK of each cloud finds.
    """
    from broker import bootstrap
    from broker.usecases.refresh import RefreshAround, refresh

    quieten_libraries()
    known = [region.key for region in bootstrap.atlas().regions() if not region.is_closed]
    with ExitStack() as stack:
        refreshed = refresh(
            _request(given),
            RefreshAround(
                providers=bootstrap.providers(region_seconds=given["deadline"]),
                known_regions=known,
                priced_regions=frozenset(known)
                & {offer.region for offer in bootstrap.bundled_snapshot().offers},
                store=bootstrap.snapshot_store(),
                clock=bootstrap.clock(),
                in_sandbox=bootstrap.sandbox() is not None,
                heard=_watcher(stack, as_json=given["as_json"]),
            ),
        )
    digest = bootstrap.snapshot().digest()
    _print(refreshed, digest, with_changes=given["diff"], as_json=given["as_json"])
    if refreshed.has_failed:
        return ExitCode.ERROR
    return ExitCode.PARTIAL if refreshed.is_partial else ExitCode.OK


def _request(given: dict[str, Any]) -> "RefreshRequest":
    from broker.usecases.refresh import RefreshRequest

    return RefreshRequest(
        clouds=flat(given["cloud"]),
        regions=flat(given["region"]),
        seconds=given["deadline"],
        parallel=given["parallelism"],
        accept_falls=given["accept_falls"],
    )


def _watcher(stack: ExitStack, *, as_json: bool) -> "Callable[[RegionResult, int, int], None]":
    """Tells about each region as it comes: a line of JSON, or a figure on the status line."""
    from broker import bootstrap
    from broker.cli.progress import watching
    from broker.cli.render.refresh import region_line

    if as_json:
        clock = bootstrap.clock()

        def print_line(result: "RegionResult", done: int, total: int) -> None:
            sys.stdout.write(region_line(result, clock.now()) + "\n")
            sys.stdout.flush()

        return print_line
    progress = stack.enter_context(watching())
    progress.phase("asking the clouds")

    def note(result: "RegionResult", done: int, total: int) -> None:
        progress.note(f"{done} of {total} regions, {result.region}: {result.status}")

    return note


def _print(refreshed: "Refreshed", digest: str, *, with_changes: bool, as_json: bool) -> None:
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics
    from broker.cli.render.refresh import (
        change_lines,
        complete_line,
        findings_shown,
        render_changes,
        render_refresh,
    )
    from broker.cli.render.style import style_for

    if as_json:
        lines = change_lines(refreshed) if with_changes else []
        sys.stdout.write("\n".join([*lines, complete_line(refreshed, digest)]) + "\n")
        return
    print_diagnostics([*bootstrap.sandbox_notice(), *findings_shown(refreshed)])
    style = style_for()
    parts = [render_refresh(refreshed, digest, style)]
    if refreshed.has_no_credentials and bootstrap.sandbox() is None:
        parts.append(WITHOUT_ACCOUNT)
    if with_changes:
        parts.append(render_changes(refreshed, style))
    sys.stdout.write("\n\n".join(parts) + "\n")
