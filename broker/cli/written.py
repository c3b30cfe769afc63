"""What output must not be written over."""

from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

EXAMPLES = {"-json-into": "broker.json", "-out": "fleet.plan"}


def check_apart(into: Path, read: Path, option: str = "-json-into") -> None:
    """Raise UsageInvalid where *into* is what is read: *read*, a spec, its folder, or a saved plan."""
    from broker.spec.load import fleet_file

    source = fleet_file(read)
    if _are_one(into, source):
        raise UsageInvalid(
            Diagnostic(
                code="output-is-input",
                subject=str(into),
                summary=f"{option} would be written over {source}, which is read",
                hint=f"Give {option} another name, such as {EXAMPLES[option]}.",
            )
        )


def _are_one(into: Path, source: Path) -> bool:
    try:
        return into.resolve() == source.resolve()
    except RuntimeError:  # a link that leads to itself: opening it says so
        return False
