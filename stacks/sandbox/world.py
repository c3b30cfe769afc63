"""Everything that the desks of one sandbox share."""

from dataclasses import dataclass

from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger
from stacks.sandbox.market import Market
from stacks.sandbox.mirror.mirror import Mirror
from stacks.sandbox.stock import Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What exists, what is sold, and how it misbehaves.

    *mirror* is the HTTP sandbox in which AWS's resources are made too. With *fault_seed*, some calls
    fail once and some machine types are sold out.
    """

    ledger: Ledger
    control: Control
    market: Market
    mirror: Mirror
    fault_seed: int | None = None

    @property
    def stock(self) -> Stock:
        """What is left of what is sold."""
        return Stock(
            market=self.market,
            ledger=self.ledger,
            control=self.control,
            fault_seed=self.fault_seed,
        )

    def close(self) -> None:
        """Let go of the files; a second time does nothing."""
        self.control.close()
        self.ledger.close()
