"""Values that a shell can complete: names from the bundled tables."""

from collections.abc import Callable, Iterable

import click

from broker.domain.errors import BrokerError
from broker.ports.atlas import Atlas

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def from_atlas(names: Callable[[Atlas], Iterable[str]]) -> Completer:
    """Complete the last of a comma-separated list from *names*; a damaged atlas offers none."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        from broker import bootstrap

        before, comma, last = incomplete.rpartition(",")
        try:
            known = sorted(set(names(bootstrap.atlas())))
        except BrokerError:
            return []
        return [f"{before}{comma}{name}" for name in known if name.lower().startswith(last.lower())]

    return complete


def accelerators(atlas: Atlas) -> Iterable[str]:
    """Full names and models."""
    return (name for one in atlas.accelerators() for name in (one.name, one.model))


def clouds(atlas: Atlas) -> Iterable[str]:
    """Those with a region."""
    return (region.key.provider for region in atlas.regions())


def regions(atlas: Atlas) -> Iterable[str]:
    """As the clouds write them."""
    return (region.key.region for region in atlas.regions())


def jurisdictions(atlas: Atlas) -> Iterable[str]:
    """Countries and unions."""
    return (law for region in atlas.regions() for law in region.jurisdictions)
