"""What came of an import, as people read it."""

from collections.abc import Iterator

from broker.cli.render.style import Style
from broker.domain.ids import ClusterName
from broker.domain.wording import many
from broker.ports.provisioning import Adoption
from broker.usecases.import_ import Imported

NAMED_AT_MOST = 5


def render_imported(imported: Imported, style: Style) -> str:
    """Cluster by cluster what was found, what is not there, and what is to be done now."""
    lines = [f"{name}: recorded already" for name in imported.known]
    recorded = {record.name: len(record.resources) for record in imported.state.members}
    for name, adoption in imported.adoptions.items():
        lines += _adopted(name, adoption, recorded.get(name, 0))
    if not imported.adoptions:
        lines.append("Nothing to import: every cluster of the plan is recorded.")
    elif not imported.recorded:
        lines.append("Nothing was found, and nothing is recorded.")
    else:
        count = many(len(imported.recorded), "cluster")
        lines.append(
            style.green(style.bold(f"Import complete! {count} recorded; no cloud changed."))
        )
        lines.append(f"State: serial {imported.state.serial}")
    if not all(adoption.is_complete for adoption in imported.adoptions.values()):
        lines.append("`broker plan` shows what is left to be made; `broker apply` makes it.")
    return "\n".join(lines) + "\n"


def _adopted(name: ClusterName, adoption: Adoption, recorded: int) -> Iterator[str]:
    """What became of one: *recorded* of its resources are recorded now, adopted or known to the engine."""
    if not recorded:
        yield f"{name}: not there"
        return
    found, kept = len(adoption.adopted), recorded - len(adoption.adopted)
    if not kept:
        yield f"{name}: {many(found, 'resource')} found and recorded"
    elif not found:
        yield f"{name}: {many(kept, 'resource')} recorded; the engine had kept its own record of all"
    else:
        yield (
            f"{name}: {many(recorded, 'resource')} recorded: {found} found in the cloud, {kept} that the "
            "engine had kept its own record of"
        )
    if adoption.missing:
        yield f"    {len(adoption.missing)} not there: {_some(adoption.missing)}"
    if adoption.differing:
        yield f"    {len(adoption.differing)} not as planned: {_some(adoption.differing)}"


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED_AT_MOST
    shown = ", ".join(names[:NAMED_AT_MOST])
    return f"{shown} and {more} more" if more > 0 else shown
