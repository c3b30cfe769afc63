"""How the sandbox cloud is told to misbehave while it runs, also by another process."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from stacks.sandbox.database import Database
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.mirror.mirror import Mirror
from stacks.sandbox.paths import with_value
from stacks.sandbox.refusals import Refusal

ANY = "*"
"""Every type, in place of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to happen, of one *kind*; *value* says to whom, and how."""

    kind: str
    value: Mapping[str, Any]


class Unknown(Exception):
    """The sandbox cloud has nothing of that address."""


class Control:
    """Steers the sandbox of *folder*: each order holds from the next call on.

    *times* is for how many calls, None for all; *type* is the engine's token, or `*`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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

    def stock_out(
        self,
        machine_type: str,
        region: str | None = None,
        *,
        capacity_type: str | None = None,
        times: int | None = None,
    ) -> None:
        """No node of *machine_type* is to be had, everywhere or in *region*."""
        who = {"machine_type": machine_type, "region": region, "capacity_type": capacity_type}
        self._order("stock-out", who, times=times)

    def restock(self, machine_type: str, region: str | None = None) -> bool:
        """Withdraw what was ordered of *machine_type* by `stock_out`, everywhere or of *region*.

        False if nothing was. What is sold out everywhere is not to be had again in one region alone.
        """
        rows = self._db.rows("SELECT number, value FROM orders WHERE kind = 'stock-out'")
        orders = {number: json.loads(value) for number, value in rows}
        ended = [
            number
            for number, order in orders.items()
            if order["machine_type"] == machine_type and region in (None, order["region"])
        ]
        for number in ended:
            self._db.change("DELETE FROM orders WHERE number = ?", number)
        return bool(ended)

    def limit(self, family: str, vcpus: int, region: str | None = None) -> None:
        """The account may run *vcpus* of *family* at once in each region, or in *region*."""
        self._order("limit", {"family": family, "vcpus": vcpus, "region": region})

    def latency(self, type: str, seconds: float, *, times: int | None = None) -> None:  # noqa: A002
        """Creating, changing and deleting takes *seconds*; it is done at their beginning."""
        self._order("latency", {"type": type, "seconds": seconds}, times=times)

    def late_success(self, type: str, seconds: float) -> None:  # noqa: A002
        """The next call does its work at once and says so *seconds* later only."""
        self.latency(type, seconds, times=1)

    def fail(
        self,
        type: str,  # noqa: A002
        message: str,
        *,
        method: str = "create",
        times: int | None = 1,
        after_creating: bool = False,
    ) -> None:
        """*method* is refused with *message*; *after_creating*, although the work was done."""
        who = {"type": type, "method": method, "message": message, "late": after_creating}
        self._order("fail", who, times=times)

    def hang(self, type: str, *, method: str = "create", times: int | None = 1) -> None:  # noqa: A002
        """Nothing is ever answered, until whoever asks goes away."""
        self._order("hang", {"type": type, "method": method}, times=times)

    def expire_credentials(self, *, after: int = 0) -> None:
        """Once *after* more changes were made, the credentials are good for nothing."""
        self._order("expired", {}, after=after)

    def renew_credentials(self) -> None:
        """The credentials are good again."""
        self.withdraw("expired")

    def withdraw(self, kind: str | None = None) -> None:
        """Forget all orders, or those of one *kind*."""
        self._db.change("DELETE FROM orders WHERE ? IN (kind, '')", kind or "")

    def occupy(self, cluster: str, pool: str, pods: int) -> None:
        """*pods* run on the nodes of *pool*."""
        self._db.note(f"pods:{cluster}:{pool}", str(pods))

    def occupied(self, cluster: str, pool: str) -> int:
        """How many pods run on the nodes of *pool*."""
        return int(self._db.fact(f"pods:{cluster}:{pool}") or 0)

    def drift(self, address: str, path: str, value: Any) -> Made:
        """Somebody changed *path* of a resource by hand; raises Unknown and NoSuchPath.

        *address* is its id, its URN, `type:name` or its name, *path* like `scalingConfig.desiredSize`.
        """
        with Ledger(self._folder) as ledger:
            made = addressed(ledger, address)
            drifted = replace(
                made,
                inputs=with_value(made.inputs, path, value),
                outputs=with_value(made.outputs, path, value),
            )
            ledger.drift(drifted)
        return drifted

    def vanish(self, address: str) -> Made:
        """Somebody deleted a resource by hand; raises Unknown."""
        with Ledger(self._folder) as ledger:
            made = addressed(ledger, address)
            with suppress(Refusal):  # it has ended, or keeps what others still need
                self._mirror().delete(made)
            ledger.vanish(made)
        return made

    def mirrored(self, endpoint: str, run: str) -> None:
        """Remember where the sandbox that serves makes things a second time."""
        self._db.note("mirror", endpoint)
        self._db.note("run", run)

    def _mirror(self) -> Mirror:
        return Mirror(self._db.fact("mirror"), self._db.fact("run"))

    def _order(
        self, kind: str, value: Mapping[str, Any], *, times: int | None = None, after: int = 0
    ) -> None:
        self._db.change(
            "INSERT INTO orders (kind, value, after, remaining) VALUES (?, ?, ?, ?)",
            *(kind, json.dumps(value), after, times),
        )

    def standing(self, kind: str) -> list[Order]:
        """The orders of *kind*, none of which is used up by looking."""
        rows = self._db.rows("SELECT value FROM orders WHERE kind = ? ORDER BY number", kind)
        return [Order(kind=kind, value=json.loads(value)) for (value,) in rows]

    def due(self, kind: str, **called: Any) -> Order | None:
        """The first order of *kind* for what is *called*, counted as one of its times.

        What an order leaves open (None, or `*`) is so for every call; what a call leaves open, too.
        """
        with self._db.whole():
            rows = self._db.rows(
                "SELECT number, value, after, remaining FROM orders WHERE kind = ? ORDER BY number",
                kind,
            )
            for number, text, after, remaining in rows:
                value = json.loads(text)
                if _concerns(value, called):
                    return self._counted(number, Order(kind=kind, value=value), after, remaining)
        return None

    def _counted(
        self, number: int, order: Order, after: int, remaining: int | None
    ) -> Order | None:
        if after > 0:
            self._db.change("UPDATE orders SET after = after - 1 WHERE number = ?", number)
            return None
        if remaining is not None:
            self._db.change("UPDATE orders SET remaining = remaining - 1 WHERE number = ?", number)
            self._db.change("DELETE FROM orders WHERE remaining <= 0")
        return order


def _concerns(order: Mapping[str, Any], called: Mapping[str, Any]) -> bool:
    return all(
        name not in order or order[name] in (None, ANY) or order[name] == value
        for name, value in called.items()
    )


def addressed(ledger: Ledger, address: str) -> Made:
    """The resource of that id, URN, `type:name` or name, the newest of several; raises Unknown."""
    found = all_addressed(ledger, address)
    if not found:
        raise Unknown(address)
    return found[-1]


def all_addressed(ledger: Ledger, address: str) -> list[Made]:
    """All that have that id, URN, `type:name` or name, the oldest first."""
    return [made for made in ledger.resources() if address in _addresses(made)]


def _addresses(made: Made) -> tuple[str, ...]:
    kind = made.type.rpartition(":")[2]
    return (made.id, made.urn, f"{made.type}:{made.name}", f"{kind}:{made.name}", made.name)
