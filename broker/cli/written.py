"""What -json-into must not be written over."""

from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid


def check_apart(into: Path, read: Path) -> None:
    """Raise UsageInvalid where *into* is what is read: *read*, a spec, its folder, or a saved plan."""
    from broker.spec.load import fleet_file

    source = fleet_file(read)
    if _are_one(into, source):
        raise UsageInvalid(
            Diagnostic(
                code="output-is-input",
                subject=str(into),
                summary=f"-json-into would be written over {source}, which is read",
                hint="Give -json-into another name, such as broker.json.",
            )
        )


def _are_one(into: Path, source: Path) -> bool:
    try:
        return into.resolve() == source.resolve()
    except RuntimeError:  # a link that leads to itself: opening it says so
        return False
