"""Desks of a sandbox cloud without any wire, for tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.domain.offers import Offer
from stacks.sandbox.attempt import Subject
from stacks.sandbox.control import Control
from stacks.sandbox.desk import Desk
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.market import Market
from stacks.sandbox.mirror.mirror import Mirror
from stacks.sandbox.world import World


@contextmanager
def world(
    folder: Path,
    offers: Sequence[Offer] = (),
    *,
    endpoint: str | None = None,
    run: str = "first",
    fault_seed: int | None = None,
) -> Iterator[World]:
    opened = World(
        ledger=Ledger(folder),
        control=Control(folder),
        market=Market(offers),
        mirror=Mirror(endpoint, run),
        fault_seed=fault_seed,
    )
    try:
        yield opened
    finally:
        opened.close()


def at_once(_: float) -> bool:
    return False


class Counter:
    """Asks the desks of *world* as the engine does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._desks: dict[str, Desk] = {}

    def desk(self, type_: str) -> Desk:
        package = type_.partition(":")[0]
        return self._desks.setdefault(package, Desk(package, self._world))

    def subject(self, type_: str, name: str, id_: str = "") -> Subject:
        return Subject(type_, f"urn:pulumi:dev::life::{type_}::{name}", id_)

    def check(self, type_: str, name: str = "it", /, **inputs: Any) -> list[str]:
        """What is wrong with them."""
        _, found = self.desk(type_).check(self.subject(type_, name), inputs, {}, b"\1\2\3\4\5")
        return [finding.reason for finding in found]

    def create(self, type_: str, name: str = "it", /, **inputs: Any) -> Made:
        """Check and make; raises Refusal."""
        subject = self.subject(type_, name)
        checked, found = self.desk(type_).check(subject, inputs, {}, b"\1\2\3\4\5")
        assert found == []
        return self.desk(type_).create(subject, checked, at_once)

    def update(self, made: Made, **inputs: Any) -> Made:
        subject = self.subject(made.type, made.name, made.id)
        news = {**made.inputs, **inputs}
        return self.desk(made.type).update(subject, news, made.outputs, at_once)

    def read(self, made: Made) -> Made | None:
        subject = self.subject(made.type, made.name, made.id)
        return self.desk(made.type).read(subject, made.outputs)

    def delete(self, made: Made) -> None:
        subject = self.subject(made.type, made.name, made.id)
        self.desk(made.type).delete(subject, made.outputs, at_once)
