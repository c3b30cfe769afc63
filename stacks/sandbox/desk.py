"""Where one package's resources are asked for: checked, made, changed, found and taken away."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from stacks.sandbox.attempt import Attempt, Subject, Wait
from stacks.sandbox.findings import Finding
from stacks.sandbox.functions import Asked, called
from stacks.sandbox.ledger import AlreadyThere, Made
from stacks.sandbox.mirror.mirror import Told
from stacks.sandbox.naming import named
from stacks.sandbox.outputs.computed import Computed, Place, computed, foreseen
from stacks.sandbox.places import place_of
from stacks.sandbox.refusals import Refusal, locked, not_found, refused, taken
from stacks.sandbox.rules import broken_rules
from stacks.sandbox.shapes.check import ShapeCheck
from stacks.sandbox.world import World

PROTECTING = ("deletionProtection", "terminationProtection")
LOCK = "azure-native:authorization:ManagementLockByScope"


class Desk:
    """Serves the resources of one *package*; all desks share one *world*."""

    def __init__(self, package: str, world: World) -> None:
        self.package = package
        self.settings: dict[str, Any] = {}
        self._world = world
        self._shapes = ShapeCheck(package)

    def check(
        self,
        subject: Subject,
        news: Mapping[str, Any],
        olds: Mapping[str, Any],
        random: bytes,
    ) -> tuple[dict[str, Any], list[Finding]]:
        """*news* with what the cloud adds before anything is made, and all that is wrong with them."""
        inputs = named(subject.type, subject.name, news, olds, random)
        return inputs, self._findings(subject, inputs)

    def _findings(self, subject: Subject, inputs: Mapping[str, Any]) -> list[Finding]:
        found = self._shapes.resource(subject.type, inputs)
        if found:  # what has another shape can not be judged
            return found
        region = self._place(subject, inputs).region
        world = self._world
        return list(broken_rules(subject.type, inputs, region, world.market, world.ledger))

    def foresee(self, subject: Subject, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs of what is not made yet."""
        return foreseen(subject.type, inputs)

    def create(self, subject: Subject, inputs: Mapping[str, Any], wait: Wait) -> Made:
        """Make it: it exists before anybody hears of it. Raises Refusal."""
        with Attempt(self._world, "create", subject, wait) as attempt:
            made = self._made(subject, inputs)
            try:
                self._world.ledger.add(made, self._within_quota(made))
            except AlreadyThere as error:
                raise taken(self.package, subject.type, made.id) from error
            except Refusal:
                self._world.mirror.delete(made)
                raise
            attempt.done()
        return made

    def _made(self, subject: Subject, inputs: Mapping[str, Any]) -> Made:
        """The resource, in the mirror too if that has its like; raises Refusal."""
        findings = self._findings(subject, inputs)
        if findings:
            raise refused(self.package, findings[0].reason)
        world = self._world
        seed = f"{subject.urn} {world.ledger.next_number()}"
        made = Made(type=subject.type, id="", urn=subject.urn, inputs=inputs, seed=seed)
        planned = self._completed(made)
        world.stock.require(self.package, planned)
        if world.ledger.find(made.type, planned.id, planned.region) is not None:
            raise taken(self.package, made.type, planned.id)
        told = world.mirror.create(planned)
        if told is None:
            return planned
        return self._completed(replace(made, told=told.kept(), mirrored=world.mirror.run))

    def read(
        self,
        subject: Subject,
        known: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
    ) -> Made | None:
        """What exists under that id; None if nothing does.

        *known* are the outputs as they were: two regions of AWS may have resources of one name. In
        place of an id, a URN finds what was made under it, and of several the one with *inputs*:
        what is being replaced has the URN too.
        """
        if subject.id.startswith("urn:pulumi:"):
            found = self._world.ledger.by_urn(subject.id, inputs)
        else:
            found = self._found(subject, known)
        if found is not None and self._world.mirror.has_lost(found):
            self._world.ledger.vanish(found)
            return None
        return found

    def _found(self, subject: Subject, known: Mapping[str, Any]) -> Made | None:
        ledger = self._world.ledger
        match self.package:
            case "aws":
                id_, _, region = subject.id.partition("@")
                return ledger.find(subject.type, id_, region or known.get("region"))
            case "kubernetes":
                return ledger.find(subject.type, subject.id, subject.stack)
            case _:
                return ledger.find(subject.type, subject.id)

    def update(
        self, subject: Subject, news: Mapping[str, Any], olds: Mapping[str, Any], wait: Wait
    ) -> Made:
        """Change it in place. Raises Refusal, if there is none too."""
        with Attempt(self._world, "update", subject, wait) as attempt:
            before = self.read(subject, olds)
            if before is None:
                raise not_found(subject.type, subject.id)
            findings = self._findings(subject, news)
            if findings:
                raise refused(self.package, findings[0].reason)
            made = replace(before, urn=subject.urn, inputs=news, changes=before.changes + 1)
            made = replace(made, outputs=self._computed(made).outputs)
            self._world.stock.require(self.package, made, before)
            self._world.mirror.update(made)
            try:
                self._world.ledger.change(made, self._within_quota(made, before))
            except Refusal:
                self._world.mirror.update(before)
                raise
            attempt.done()
        return made

    def delete(self, subject: Subject, olds: Mapping[str, Any], wait: Wait) -> None:
        """Take it away; what is gone already is fine. Raises Refusal."""
        with Attempt(self._world, "delete", subject, wait) as attempt:
            made = self.read(subject, olds)
            if made is not None:
                self._require_unprotected(made)
                self._world.mirror.delete(made)
                self._world.ledger.remove(made)
            attempt.done()

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What *function* (a token) answers; raises Refusal."""
        return called(function, Asked({**self.settings, **arguments}, self._world))

    def _within_quota(self, made: Made, before: Made | None = None) -> Callable[[], None]:
        return self._world.stock.within_quota(self.package, made, before)

    def _completed(self, made: Made) -> Made:
        told = self._computed(made)
        return replace(made, id=told.id, region=told.region, outputs=told.outputs)

    def _computed(self, made: Made) -> Computed:
        subject = Subject(made.type, made.urn)
        told = Told.of(made.told)
        found = computed(made, self._place(subject, made.inputs), numbered=told.numbers)
        return replace(found, outputs={**found.outputs, **told.outputs})

    def _place(self, subject: Subject, inputs: Mapping[str, Any]) -> Place:
        place = place_of(self.package, inputs, self._world.ledger, self.settings)
        # Calls do not say which cluster they are for: each stack is taken to have its own.
        return replace(place, region=subject.stack) if self.package == "kubernetes" else place

    def _require_unprotected(self, made: Made) -> None:
        """Raises Refusal if the cloud itself keeps the resource from being deleted."""
        if any(made.inputs.get(name) is True for name in PROTECTING):
            reason = f"{made.id} has deletion protection enabled: disable it before deleting it"
            raise refused(self.package, reason)
        for lock in self._world.ledger.resources(LOCK):
            scope, held = f"{lock.inputs.get('scope')}/", f"{made.id}/"  # `a` is not above `ab`
            is_held = held.startswith(scope) or scope.startswith(held)
            if is_held and made.type != LOCK:
                raise locked(made.id, str(lock.inputs.get("lockName")))
