"""`broker version`."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from broker.cli.options import json_flag, verb
from broker.cli.render.diagnostics import print_diagnostics, print_json
from broker.domain.errors import BrokerError

if TYPE_CHECKING:
    from broker.catalog.snapshot import Snapshot


@verb("version")
@json_flag
def command(*, as_json: bool = False) -> None:
    """Print the version of broker, of Python, and of the bundled catalog.

    It works on a damaged installation too, and then tells so on stderr.
    """
    from broker.usecases.version import version

    found = version(_snapshot())
    if as_json:
        print_json(asdict(found))
        return
    catalog = (
        f"{found.catalog_digest} ({found.catalog_offers:,} offers)"
        if found.catalog_offers is not None
        else "unreadable"
    )
    sys.stdout.write(
        f"broker {found.broker}\non {found.platform}, python {found.python}\ncatalog {catalog}\n"
    )


def _snapshot() -> "Snapshot | None":
    from broker import bootstrap

    try:
        return bootstrap.bundled_snapshot()
    except BrokerError as error:
        print_diagnostics(error.diagnostics)
        return None
