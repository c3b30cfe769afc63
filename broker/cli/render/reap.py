"""What has run out, as people read it and as programs do."""

from collections.abc import Iterator, Mapping
from typing import Any

from broker.cli.render.diagnostics import FORMAT_VERSION
from broker.cli.render.style import Style
from broker.domain.wording import many
from broker.planning.lifetime import shown
from broker.planning.resources import amount
from broker.usecases.destroy import Destroyed
from broker.usecases.reap import Overdue, Survey


def render_survey(found: Survey, style: Style) -> str:
    """Each fleet that has run out, with what it costs and what keeps it."""
    if not found.overdue:
        return f"Nothing to reap: of {many(len(found.workspaces), 'workspace')}, no fleet has run out.\n"
    head = style.bold("broker reap   the following has run out")
    return (
        "\n".join([head, *(line for one in found.overdue for line in _overdue(one, style))]) + "\n"
    )


def _overdue(one: Overdue, style: Style) -> Iterator[str]:
    if one.monthly is None:
        costs = "what it costs is not known: it is half made"
    else:
        costs = f"{one.monthly.shown()} a month"
    yield style.red(
        f"  - {one.workspace}   fleet {one.fleet}, until {shown(one.expires_at)}; {costs}"
    )
    yield from (style.red(f"      - cluster.{name}") for name in one.clusters)
    yield from (f"      kept: {finding.summary}" for finding in one.forbidden)


def survey_document(found: Survey) -> dict[str, Any]:
    """For programs: the same."""
    return {
        "format_version": FORMAT_VERSION,
        "workspaces": list(found.workspaces),
        "overdue": [overdue_document(one) for one in found.overdue],
        "unknown": sorted(found.unknown),
    }


def overdue_document(one: Overdue) -> dict[str, Any]:
    """For programs: one of them; its cost is null where it is half made."""
    return {
        "workspace": one.workspace,
        "fleet": one.fleet,
        "expires_at": one.expires_at.isoformat(),
        "clusters": list(one.clusters),
        "cost": None
        if one.monthly is None
        else {"currency": one.monthly.currency, "monthly": amount(one.monthly)},
        "forbidden": [finding.subject for finding in one.forbidden],
    }


def render_reaped(reaped: Mapping[str, Destroyed], style: Style) -> str:
    """The end of `broker reap`."""
    gone = sum(len(each.outcome.removed) for each in reaped.values())
    told = f"Reap complete! {many(gone, 'cluster')} of {many(len(reaped), 'workspace')} destroyed."
    return style.green(style.bold(told)) + "\n"
