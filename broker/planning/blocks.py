"""The record of a fleet as its fleet.yaml reads it: what was renamed, and what is managed no more.

Blocks whose work is done change nothing: whoever has no use for them any more takes them out.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.domain.blocks import Imported, Moved, Removed
from broker.domain.diagnostics import Diagnostic, Severity, Where
from broker.domain.errors import UsageInvalid
from broker.domain.fleet import Fleet, NodePool
from broker.domain.ids import ClusterName, PoolName
from broker.domain.money import Money
from broker.planning.cost import cost
from broker.planning.edits import address_of_cluster, address_of_replica, renamed, without
from broker.planning.parts import NOTHING
from broker.planning.resources import amount
from broker.planning.shape import AMOUNT, TEXT, YES_NO, Optional, Shape

Document = dict[str, Any]

BLOCKS: Shape = Optional(
    {
        "moved": [{"from": TEXT, "to": TEXT, "done": YES_NO}],
        "removed": [{"cluster": TEXT, "monthly": Optional(AMOUNT)}],
        "import": [TEXT],
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What becomes of blocks: moves to be recorded, and those that were before.

    *forgotten* are clusters with what they cost a month, None where nobody can tell. *pending* are those
    to be looked for in their clouds.
    """

    moves: tuple[Moved, ...] = ()
    done: tuple[Moved, ...] = ()
    forgotten: Mapping[ClusterName, Money | None] | None = None
    pending: tuple[ClusterName, ...] = ()

    @property
    def gone(self) -> frozenset[ClusterName]:
        """The clusters that are managed no more."""
        return frozenset(self.forgotten or ())

    @property
    def has_changes(self) -> bool:
        """Whether the record is to be another."""
        return bool(self.moves or self.forgotten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The recorded *fleet* as blocks read it, and what they come to; *warnings* are of those that can not be.

    *whole* is it with what is to be forgotten: that stays recorded until it is.
    """

    fleet: Fleet | None
    blocks: Blocks
    warnings: tuple[Diagnostic, ...] = ()
    whole: Fleet = NOTHING


def read_as(
    recorded: Fleet | None,
    moved: Sequence[Moved],
    removed: Sequence[Removed],
    *,
    made: Collection[ClusterName] = (),
    currency: str,
) -> Read:
    """*recorded* with its names of now, and without clusters that are managed no more.

    *made* are the clusters of which anything is recorded, half made ones too.
    """
    if recorded is None and not made:
        return Read(fleet=recorded, blocks=Blocks())
    fleet = recorded or NOTHING
    pending, done, warnings = [], [], []
    for move in moved:
        there = _addresses(fleet)
        if move.source in there and move.destination in there:
            warnings.append(_taken(move))
        elif move.source in there:
            fleet = _renamed(fleet, move)
            pending.append(move)
        elif move.destination in there:
            done.append(move)
    forgotten = _forgotten(fleet, removed, made, currency)
    blocks = Blocks(moves=tuple(pending), done=tuple(done), forgotten=forgotten)
    left = fleet
    if forgotten:  # what is left of the others is not divided anew for nothing
        left = without(fleet, {address_of_cluster(name) for name in forgotten})
    as_it_was = recorded is None and left == NOTHING
    return Read(
        fleet=None if as_it_was else left, blocks=blocks, warnings=tuple(warnings), whole=fleet
    )


def _forgotten(
    fleet: Fleet, removed: Sequence[Removed], made: Collection[ClusterName], currency: str
) -> dict[ClusterName, Money | None]:
    """Those that are there, with what they cost a month: None of one that is half made."""
    if not removed:
        return {}
    monthly = {ClusterName(row.name): row.monthly for row in cost(fleet, currency).clusters}
    there = {*monthly, *made}
    return {each.cluster: monthly.get(each.cluster) for each in removed if each.cluster in there}


def check_planned(target: Fleet, blocks: Blocks, stated: Sequence[Removed | Imported]) -> None:
    """Refuse to forget what is wanted, and to look for what is not: raises UsageInvalid."""
    places = {each.cluster: each.where for each in stated}
    wanted = {cluster.name for cluster in target.clusters}
    found = [_still_wanted(name, places.get(name)) for name in sorted(blocks.gone & wanted)]
    found += [
        _not_wanted(name, places.get(name), wanted) for name in blocks.pending if name not in wanted
    ]
    if found:
        raise UsageInvalid(*found)


def _still_wanted(name: ClusterName, where: Where | None) -> Diagnostic:
    return Diagnostic(
        code="removed-still-planned",
        subject=f"cluster.{name}",
        summary=f"cluster.{name} is to be managed no more, and the best fleet has work in it",
        detail="It would be made again, under names that are taken.",
        hint="Take its region out as well, with `except` in `providers`, or take the block out.",
        where=where,
    )


def _not_wanted(
    name: ClusterName, where: Where | None, wanted: Collection[ClusterName]
) -> Diagnostic:
    return Diagnostic(
        code="import-not-planned",
        subject=f"cluster.{name}",
        summary=f"cluster.{name} is to be imported, and the best fleet has no such cluster",
        detail=f"planned: {', '.join(sorted(wanted)) or 'none'}",
        hint="State in `providers` where work has to be, or take the block out.",
        where=where,
    )


def renamed_names(names: Iterable[str], moves: Iterable[Moved]) -> set[str]:
    """Names of workloads as they are now."""
    found = {f"workload.{name}" for name in names}
    for move in moves:
        if move.source in found:
            found = (found - {move.source}) | {move.destination}
    return {name.removeprefix("workload.") for name in found}


def pending_imports(
    imported: Iterable[Imported], recorded: Collection[ClusterName]
) -> tuple[ClusterName, ...]:
    """Those that are not recorded yet."""
    return tuple(each.cluster for each in imported if each.cluster not in recorded)


def keeping_names(target: Fleet, recorded: Fleet | None) -> Fleet:
    """*target* with the recorded names of pools that are the same but for their name.

    The name of a pool may be made of a workload's: it stays what it is in its cloud, though the workload
    is called otherwise by then.
    """
    if recorded is None:
        return target
    known = {(pool.cluster, pool.name) for pool in recorded.pools}
    wanted = {(pool.cluster, pool.name) for pool in target.pools}
    going = [pool for pool in recorded.pools if (pool.cluster, pool.name) not in wanted]
    alike = defaultdict(list)
    for old in going:
        alike[_but_for_its_name(old)].append(old.name)
    names: dict[tuple[ClusterName, PoolName], PoolName] = {}
    for pool in target.pools:
        if (pool.cluster, pool.name) in known:
            continue
        found = alike.pop(_but_for_its_name(pool), [])
        if len(found) == 1:
            names[pool.cluster, pool.name] = found[0]
    return _with_names(target, names) if names else target


def _but_for_its_name(pool: NodePool) -> tuple[Hashable, ...]:
    return (pool.cluster, pool.offer.name, pool.hours, frozenset(pool.workloads))


def _with_names(fleet: Fleet, names: Mapping[tuple[ClusterName, PoolName], PoolName]) -> Fleet:
    def pools(pools: Iterable[NodePool]) -> tuple[NodePool, ...]:
        named = (replace(p, name=names.get((p.cluster, p.name), p.name)) for p in pools)
        return tuple(sorted(named, key=lambda pool: pool.name))

    placements = (replace(p, pool=names.get((p.cluster, p.pool), p.pool)) for p in fleet.placements)
    return replace(
        fleet,
        clusters=tuple(replace(each, pools=pools(each.pools)) for each in fleet.clusters),
        placements=tuple(sorted(placements, key=lambda p: (p.workload, p.cluster, p.pool))),
    )


def _addresses(fleet: Fleet) -> set[str]:
    """Those that a move can name."""
    workloads = {f"workload.{placement.workload}" for placement in fleet.placements}
    return workloads | {f"data.{replica.dataset}" for replica in fleet.replicas}


def _renamed(fleet: Fleet, move: Moved) -> Fleet:
    if move.source.startswith("workload."):
        return renamed(fleet, move.source, move.destination)
    for replica in fleet.replicas:
        if f"data.{replica.dataset}" == move.source:
            region = address_of_replica(replica).removeprefix(move.source)
            fleet = renamed(fleet, f"{move.source}{region}", f"{move.destination}{region}")
    return fleet


def _taken(move: Moved) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="moved-taken",
        subject=move.source,
        summary=f"{move.source} can not be found again as {move.destination}, which is recorded already",
        hint=f"What is recorded at {move.source} goes. Take the block out if that is right.",
        where=move.where,
    )


def blocks_document(blocks: Blocks) -> Document:
    """As plan documents write it; nothing of a fleet without blocks."""
    if blocks == Blocks() or not (blocks.has_changes or blocks.done or blocks.pending):
        return {}
    told = [(move, False) for move in blocks.moves] + [(move, True) for move in blocks.done]
    return {
        "blocks": {
            "moved": [{"from": m.source, "to": m.destination, "done": done} for m, done in told],
            "removed": [
                {"cluster": name, "monthly": amount(monthly)}
                for name, monthly in sorted((blocks.forgotten or {}).items())
            ],
            "import": list(blocks.pending),
        }
    }


def blocks_in(document: Mapping[str, Any]) -> Blocks:
    """What `blocks_document` wrote into *document*, as far as it has to be carried out."""
    stated = document.get("blocks")
    if stated is None:
        return Blocks()
    currency = str(document["cost"]["currency"])
    return Blocks(
        moves=tuple(
            Moved(source=m["from"], destination=m["to"]) for m in stated["moved"] if not m["done"]
        ),
        forgotten={
            ClusterName(r["cluster"]): None
            if r["monthly"] is None
            else Money.parse(r["monthly"], currency)
            for r in stated["removed"]
        },
        pending=tuple(ClusterName(name) for name in stated["import"]),
    )


def told_of_blocks(document: Document, blocks: Blocks) -> Document:
    """*document* of a plan with what becomes of *blocks*, and with the earlier names of what was renamed."""
    changes = _with_earlier_names(document["resource_changes"], blocks)
    return {**document, "resource_changes": changes, **blocks_document(blocks)}


def _with_earlier_names(changes: Iterable[Document], blocks: Blocks) -> list[Document]:
    earlier = {move.destination: move.source for move in blocks.moves}
    return [
        {**change, "previous_address": earlier[change["address"]]}
        if change["address"] in earlier
        else change
        for change in changes
    ]
