"""`broker version`."""

import sys
from dataclasses import asdict

from broker import bootstrap
from broker.catalog.snapshot import Snapshot
from broker.cli.options import json_flag, verb
from broker.cli.render.diagnostics import print_diagnostics, print_json
from broker.domain.errors import BrokerError
from broker.usecases.version import version


@verb("version")
@json_flag
def command(*, as_json: bool = False) -> None:
    """Print the version of broker, of Python, and of the bundled catalog.

    It works on a damaged installation too, and then tells so on stderr.
    """
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


def _snapshot() -> Snapshot | None:
    try:
        return bootstrap.bundled_snapshot()
    except BrokerError as error:
        print_diagnostics(error.diagnostics)
        return None
