"""`broker validate`: read a fleet and say everything that is wrong with it."""

from pathlib import Path

from broker.ports.atlas import Atlas
from broker.spec.load import NOTHING_GIVEN, Given, load
from broker.spec.lower import Lowered, lower


def validate(path: Path, atlas: Atlas, given: Given = NOTHING_GIVEN) -> Lowered:
    """The fleet at *path*, a file or the folder of one; SpecInvalid with every finding."""
    document = load(path, given)
    return lower(document, {region.key: region for region in atlas.regions()}, atlas.accelerators())
