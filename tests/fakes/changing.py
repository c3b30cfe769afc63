"""A folder in which a fleet is applied: everything in memory but the decision, which is real."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from broker import bootstrap
from broker.catalog.snapshot import Snapshot
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, UsageInvalid
from broker.domain.offers import Offer
from broker.placement.assemble import slug
from broker.ports.capacity import CapacityProvider
from broker.ports.progress import Silence
from broker.ports.provisioning import Failpoint, Watch, no_failpoint
from broker.ports.state import State
from broker.ports.stores import Bindings, PlanStore, SignedPlan
from broker.storage.clock import StoppedClock
from broker.usecases.apply import Applied, ApplyAround, ApplyRequest, apply
from broker.usecases.destroy import Destroyed, DestroyRequest, destroy
from broker.usecases.operation import Means
from broker.usecases.plan import PlanMade, PlanNow, PlanRequest, plan
from broker.usecases.previews import preview_all
from broker.usecases.proposal import Proposal
from broker.usecases.question import Surroundings
from tests.conftest import ROOT
from tests.fakes.capacity import FakeCapacity
from tests.fakes.provisioner import FakeProvisioner
from tests.fakes.state import Folder, MemoryJournal, MemoryLocks, MemoryStates

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@cache
def prices() -> Snapshot:
    """The bundled list prices."""
    return bootstrap.bundled_snapshot()


class Cloud(FakeCapacity):
    """Sells what a test says, under the name of a real cloud."""

    def __init__(self, name: str, offers: Iterable[Offer]) -> None:
        super().__init__(offers)
        self._name = name

    @property
    def name(self) -> str:
        return self._name


class MemoryPlans:
    """Saved plans that nobody can change."""

    def __init__(self) -> None:
        self.saved: dict[Path, SignedPlan] = {}

    def check_writable(self, path: Path) -> None:
        pass

    def save(self, path: Path, document: dict[str, Any], bindings: Bindings) -> str:
        digest = f"sha256:{len(self.saved):064d}"
        self.saved[path] = SignedPlan(
            document=document, bindings=bindings, signer="me", digest=digest
        )
        return digest

    def load(self, path: Path) -> SignedPlan:
        return self.saved[path]


_: type[PlanStore] = MemoryPlans


@dataclass
class Desk:
    """One folder with *fleet*, and what was *shown* before anything was changed, or *planned* and refused.

    *answer* is the user's word, None where nobody can be asked. With *silent*, nobody can be asked what is sold.
    """

    fleet: Path
    provisioner: FakeProvisioner = field(default_factory=FakeProvisioner)
    folder: Folder = field(default_factory=lambda: Folder(StoppedClock(NOW)))
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    plans: MemoryPlans = field(default_factory=MemoryPlans)
    offers: tuple[Offer, ...] | None = None
    shown: list[Proposal] = field(default_factory=list)
    planned: list[PlanMade] = field(default_factory=list)
    warned: list[Diagnostic] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)
    failpoint: Failpoint = no_failpoint
    answer: bool | None = True
    place: str = ".broker"
    silent: bool = False

    @property
    def states(self) -> MemoryStates:
        return MemoryStates(self.folder)

    def means(self) -> Means:
        return Means(
            provisioner=self.provisioner,
            states=self.states,
            locks=MemoryLocks(self.folder),
            journal=self.journal,
            clock=self.folder.clock,
            who="me@here",
            place=self.place,
            watch=self.watch,
            failpoint=self.failpoint,
            parallel=1,
        )

    def surroundings(self) -> Surroundings:
        return Surroundings(
            snapshot=prices, accelerators=bootstrap.accelerators, progress=Silence()
        )

    def providers(self) -> Sequence[CapacityProvider]:
        if self.silent:
            return []
        offers = prices().offers if self.offers is None else self.offers
        names = sorted({offer.region.provider for offer in prices().offers})
        return [Cloud(name, [o for o in offers if o.region.provider == name]) for name in names]

    def plan(self, *, is_previewed: bool = True, **asked: Any) -> PlanMade:
        means = self.means()

        def preview(changing: Any, leaving: Any, anew: Any, choices: Any) -> Any:
            return preview_all(changing, leaving, means, replace=anew, choices=choices)

        return plan(
            PlanRequest(fleet=self.fleet, issued_at=self.folder.clock.now(), **asked),
            self.surroundings(),
            self.plans,
            PlanNow(
                place=self.place,
                state=self.states.read(),
                preview=preview if is_previewed else None,
                known=self.provisioner.known,
            ),
            told=self.planned.append,
        )

    def apply(self, **asked: Any) -> Applied:
        work, plan = asked.pop("work", None), asked.pop("plan", None)
        more = {} if work is None else {"work": work}
        saved = None if plan is None else self.plans.load(plan)
        return apply(
            ApplyRequest(fleet=self.fleet, saved=saved, **asked),
            ApplyAround(
                surroundings=self.surroundings(),
                means=self.means(),
                providers=self.providers,
                agree=self._agree,
                told=self.shown.append,
                warned=self.warned.extend,
                **more,
            ),
        )

    def destroy(self, **asked: Any) -> Destroyed:
        work = asked.pop("work", None)
        more = {} if work is None else {"work": work}
        return destroy(DestroyRequest(**asked), self.means(), lambda _: bool(self.answer), **more)

    def _agree(self, proposal: Proposal) -> bool:
        if self.answer is None:
            raise UsageInvalid(
                Diagnostic(code="approval-missing", subject="approval", summary="nobody is there")
            )
        self.shown.append(proposal)
        return self.answer


def dearer(offers: Iterable[Offer], times: int | Fraction) -> tuple[Offer, ...]:
    """The same offers at *times* the price."""
    return tuple(
        offer if offer.price is None else replace(offer, price=offer.price * times)
        for offer in offers
    )


def name_of_pool(offer: Offer) -> str:
    """What a pool of *offer* is called."""
    term = f"{offer.term_months}mo" if offer.term_months else ""
    named = (slug(offer.machine_type), offer.capacity_type, term, offer.zone)
    return "-".join(filter(None, named))


def startup_desk(folder: Path) -> Desk:
    """A desk with the example of a startup in *folder*, to be changed at will."""
    fleet = folder / "fleet.yaml"
    fleet.write_text((ROOT / "examples" / "startup" / "fleet.yaml").read_text())
    return Desk(fleet)


def recorded(desk: Desk) -> State:
    """The state that was written last; there is one."""
    state = desk.states.read()
    assert state is not None
    return state


def codes(error: BrokerError) -> list[str]:
    """The codes of its findings."""
    return [diagnostic.code for diagnostic in error.diagnostics]


def a_pool(desk: Desk) -> tuple[str, str]:
    """The cluster and the pool that the example is planned onto first."""
    (first, *_) = desk.plan().document["desired"]["clusters"]
    return first["name"], first["pools"][0]["name"]


def assert_made_once(desk: Desk) -> None:
    """The fleet is there, nothing of it twice, and recorded as it should be."""
    names = desk.provisioner.names()
    assert "cluster" in names
    assert len(names) == len(set(names))
    assert not any(record.is_tainted for record in recorded(desk).members)
    assert recorded(desk).under_way is None
    assert not desk.plan().has_changes
