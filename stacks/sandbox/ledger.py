"""What exists in the sandbox cloud, and every call that changed or tried to change it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from stacks.sandbox.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A resource that exists.

    *id* is the cloud's own, unique among those of its *type* (the engine's token) in its *region*,
    which is empty where the cloud has none for it. *urn* is the one of the stack that made it.
    What its outputs are formed of does not change with its inputs: *seed* is unique to it, and *told*
    is what another cloud said that has it too. *mirrored* names the run of that cloud, empty for none.
    *changes* counts the updates.
    """

    type: str
    id: str
    region: str = ""
    urn: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seed: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    mirrored: str = ""
    changes: int = 0

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.urn.rpartition("::")[2]

    @property
    def package(self) -> str:
        """The provider package that it belongs to."""
        return self.type.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that changes: *outcome* is `made`, `changed`, `gone`, or what it was refused with."""

    number: int
    method: str
    type: str
    urn: str
    id: str
    outcome: str


class AlreadyThere(Exception):
    """The cloud has a resource of that type and id."""


COLUMNS = "type, id, region, urn, inputs, outputs, seed, told, mirrored, changes"


class Ledger:
    """The resources and calls of the sandbox in *folder*; other processes may read along."""

    def __init__(self, folder: Path) -> None:
        self._db = Database(folder)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        """Use it in a block, and close it afterwards."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def resources(self, type: str | None = None) -> list[Made]:  # noqa: A002  # the engine's word
        """All that exists, or all of one type, the oldest first."""
        rows = self._db.rows(
            f"SELECT {COLUMNS} FROM resources WHERE ? IN (type, '') ORDER BY key",  # noqa: S608
            type or "",
        )
        return [_made(row) for row in rows]

    def calls(self, method: str | None = None) -> list[Call]:
        """Every `create`, `update` and `delete` since the beginning, or those of one *method*."""
        rows = self._db.rows("SELECT number, method, type, urn, id, outcome FROM calls")
        calls = [
            Call(number=n, method=m, type=t, urn=u, id=i, outcome=o) for n, m, t, u, i, o in rows
        ]
        return [call for call in calls if method in (None, call.method)]

    def find(self, type: str, id: str, region: str | None = None) -> Made | None:  # noqa: A002
        """The one of that type and id; without *region*, in any."""
        rows = self._db.rows(
            f"SELECT {COLUMNS} FROM resources WHERE type = ? AND id = ? ORDER BY key",  # noqa: S608
            type,
            id,
        )
        found = [made for made in map(_made, rows) if region in (None, made.region)]
        return found[0] if found else None

    def by_urn(self, urn: str, inputs: Mapping[str, Any] | None = None) -> Made | None:
        """The newest that was made under *urn*, and with *inputs* if any are given."""
        rows = self._db.rows(
            f"SELECT {COLUMNS} FROM resources WHERE urn = ? ORDER BY key DESC",  # noqa: S608
            urn,
        )
        found = [made for made in map(_made, rows) if not inputs or made.inputs == inputs]
        return found[0] if found else None

    def next_number(self) -> int:
        """One more than at the last time: ids are made from it, and never come twice."""
        with self._db.whole():
            number = int(self._db.fact("number") or 0) + 1
            self._db.note("number", str(number))
        return number

    def add(self, made: Made, allowed: Callable[[], None] = lambda: None) -> None:
        """It exists from now on, and the call is told of; raises AlreadyThere, and what *allowed* raises.

        That is asked when nobody else can add or change anything any more.
        """
        with self._db.whole():
            allowed()
            if self.find(made.type, made.id, made.region) is not None:
                raise AlreadyThere(made.id)
            self._db.change(
                f"INSERT INTO resources ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                *(made.type, made.id, made.region, made.urn),
                *(_text(made.inputs), _text(made.outputs)),
                *(made.seed, _text(made.told), made.mirrored, made.changes),
            )
            self.tell("create", made.type, made.urn, made.id, "made")

    def change(self, made: Made, allowed: Callable[[], None] = lambda: None) -> None:
        """It is so from now on, and the call is told of; raises what *allowed* raises, as `add` does."""
        with self._db.whole():
            allowed()
            self._put(made)
            self.tell("update", made.type, made.urn, made.id, "changed")

    def drift(self, made: Made) -> None:
        """It is so from now on, and no call did it."""
        self._put(made)

    def _put(self, made: Made) -> None:
        self._db.change(
            "UPDATE resources SET urn = ?, inputs = ?, outputs = ?, mirrored = ?, changes = ? "
            "WHERE type = ? AND id = ? AND region = ?",
            *(made.urn, _text(made.inputs), _text(made.outputs), made.mirrored, made.changes),
            *(made.type, made.id, made.region),
        )

    def remove(self, made: Made) -> None:
        """It is gone, and the call is told of."""
        with self._db.whole():
            self.vanish(made)
            self.tell("delete", made.type, made.urn, made.id, "gone")

    def vanish(self, made: Made) -> None:
        """It is gone, and no call did it."""
        self._db.change(
            "DELETE FROM resources WHERE type = ? AND id = ? AND region = ?",
            *(made.type, made.id, made.region),
        )

    def tell(self, method: str, type: str, urn: str, id: str, outcome: str) -> None:  # noqa: A002
        """Add a call to those that were made."""
        self._db.change(
            "INSERT INTO calls (method, type, urn, id, outcome) VALUES (?, ?, ?, ?, ?)",
            *(method, type, urn, id, outcome),
        )


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _made(row: tuple[Any, ...]) -> Made:
    type_, id_, region, urn, inputs, outputs, seed, told, mirrored, changes = row
    return Made(
        type=type_,
        id=id_,
        region=region,
        urn=urn,
        inputs=json.loads(inputs),
        outputs=json.loads(outputs),
        seed=seed,
        told=json.loads(told),
        mirrored=mirrored,
        changes=changes,
    )
