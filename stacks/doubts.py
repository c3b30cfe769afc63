"""What a cloud refused to make, and may have made all the same: kept until it was looked for.

A cloud that answers an error after it has done its work, or whose answer is lost, leaves a thing that the
engine does not record: the next run would be refused, since it is there, or make a second one.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from broker.domain.errors import AccessDenied, BrokerError, InsufficientCapacity, QuotaExceeded
from stacks.records import Document
from stacks.steps import Complaint

FILE = "doubts.json"
DAMAGED = "doubts.damaged"

CERTAIN_ERRORS = (AccessDenied, InsufficientCapacity, QuotaExceeded)
CERTAIN_WORDS = re.compile(
    r"already ?exist|ResourceInUse|Conflict\b|\b409\b"
    r"|Invalid|Validation|BadRequest|Malformed|\b400\b|not supported",
    re.IGNORECASE,
)
"""That somebody has such a thing already is no sign that it is ours; what is wrong is not made."""


class Doubts:
    """The resources in doubt of one member, in *folder*; each as the engine's record would have it.

    What can not be read is put aside, and everything is in doubt until that is `settled`.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._damaged = folder / DAMAGED

    def all(self) -> list[Document]:
        """Those that nobody has looked for yet."""
        try:
            return _documents(self._file.read_bytes())
        except FileNotFoundError:
            return []
        except ValueError:
            self._file.replace(self._damaged)
            _keep_names(self._file.parent)
            return []

    def are_unreadable(self) -> bool:
        """Whether there were more than `all` can tell."""
        _ = self.all()
        return self._damaged.exists()

    def add(self, resources: Sequence[Document]) -> None:
        """Keep these, too: on the disk, once it returns."""
        known = {resource["urn"]: resource for resource in (*self.all(), *resources)}
        part = self._file.with_suffix(".part")
        with part.open("w", encoding="utf-8") as stream:
            json.dump([known[urn] for urn in sorted(known)], stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self._file)
        _keep_names(self._file.parent)

    def doubt_all(self) -> None:
        """Let everything be in doubt: on the disk, once it returns."""
        self._damaged.parent.mkdir(parents=True, exist_ok=True)
        self._damaged.touch()
        _keep_names(self._damaged.parent)

    def clear(self) -> None:
        """They were looked for."""
        self._file.unlink(missing_ok=True)

    def settle(self) -> None:
        """All that there might be was looked for."""
        self._damaged.unlink(missing_ok=True)


def _documents(text: bytes) -> list[Document]:
    """Read what `Doubts.add` wrote; raises ValueError if it is anything else."""
    found = json.loads(text)
    if not isinstance(found, list) or not all(map(_is_a_resource, found)):
        message = "not a list of resources"
        raise ValueError(message)
    return found


def _is_a_resource(document: object) -> bool:
    told = document if isinstance(document, dict) else {}
    is_named = all(isinstance(told.get(key), str) for key in ("urn", "type"))
    return is_named and isinstance(told.get("inputs"), dict)


def _keep_names(folder: Path) -> None:
    """Let what was renamed in *folder* outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
