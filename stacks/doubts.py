"""What a cloud refused to make, and may have made all the same: kept until it was looked for.

A cloud that answers an error after it has done its work, or whose answer is lost, leaves a thing that the
engine does not record: the next run would be refused, since it is there, or make a second one.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from broker.domain.errors import AccessDenied, BrokerError, InsufficientCapacity, QuotaExceeded
from stacks.records import Document
from stacks.steps import Complaint

FILE = "doubts.json"

CERTAIN_ERRORS = (AccessDenied, InsufficientCapacity, QuotaExceeded)
CERTAIN_WORDS = re.compile(
    r"already ?exist|ResourceInUse|Conflict\b|\b409\b"
    r"|Invalid|Validation|BadRequest|Malformed|\b400\b|not supported",
    re.IGNORECASE,
)
"""That somebody has such a thing already is no sign that it is ours; what is wrong is not made."""


class Doubts:
    """The resources in doubt of one member, in *folder*; each as the engine's record would have it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def all(self) -> list[Document]:
        """Those that nobody has looked for yet."""
        try:
            found: list[Document] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return found

    def add(self, resources: Sequence[Document]) -> None:
        """Keep these, too."""
        known = {resource["urn"]: resource for resource in (*self.all(), *resources)}
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps([known[urn] for urn in sorted(known)]), encoding="utf-8")
        part.replace(self._file)

    def clear(self) -> None:
        """They were looked for."""
        self._file.unlink(missing_ok=True)


def doubtful(
    refused: Mapping[str, Document],
    complaints: Sequence[Complaint],
    meant: Callable[[Complaint], BrokerError],
) -> Iterator[Document]:
    """Yield each of *refused*, by URN, of which no complaint says for certain that it was not made.

    *meant* tells the error that a complaint means.
    """
    for urn, resource in refused.items():
        said = [complaint for complaint in complaints if complaint.urn == urn]
        if not any(_is_certain(complaint, meant(complaint)) for complaint in said):
            yield resource


def _is_certain(complaint: Complaint, error: BrokerError) -> bool:
    return isinstance(error, CERTAIN_ERRORS) or bool(CERTAIN_WORDS.search(complaint.message))
