"""The example fleets that come with the broker."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from broker.domain.spec import FLEET_FILE


def example_fleets() -> dict[str, str]:
    """The text of each example, by name."""
    return {
        folder.name: (folder / FLEET_FILE).read_text(encoding="utf-8")
        for folder in sorted(_folders(), key=lambda folder: folder.name)
    }


def _folders() -> Iterator[Traversable]:
    """In a wheel they are beside this module; in a checkout, in its folder `examples`."""
    packaged = files(__package__) / "examples"
    root = packaged if packaged.is_dir() else Path(__file__).parents[2] / "examples"
    return (folder for folder in root.iterdir() if (folder / FLEET_FILE).is_file())
