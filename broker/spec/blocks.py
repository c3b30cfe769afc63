"""What `moved`, `removed` and `import` demand: names that lead somewhere, and each only once."""

from collections import Counter
from collections.abc import Iterable, Iterator

from broker.domain.blocks import Imported, Moved, Removed
from broker.domain.diagnostics import Diagnostic
from broker.domain.ids import ClusterName
from broker.spec.findings import Findings
from broker.spec.values import Record, Value
from broker.spec.world import World

LISTS = {"workload": "workloads", "data": "data"}


def check_blocks(fleet: Record, world: World, findings: Findings) -> None:
    """Follow every address in them."""
    _check_moves(fleet, findings)
    clusters = {
        f"cluster.{cloud}-{name}" for cloud, names in world.regions.items() for name in names
    }
    for block, key in (("removed", "from"), ("import", "to")):
        stated = list(_values(fleet, block, key))
        for each in stated:
            if each.content not in clusters:
                _refuse_unknown(each, clusters, findings, what="cluster of a known region")
        _refuse_twice(stated, findings)
    for each in _values(fleet, "removed", "destroy"):
        if each.content:
            findings.add(_destroys(each))
    _refuse_both(fleet, findings)


def moves_of(fleet: Record) -> tuple[Moved, ...]:
    """Renames, in the order of the file."""
    return tuple(
        Moved(source=m.content("from"), destination=m.content("to"), where=m.where)
        for m in fleet.records("moved")
    )


def removals_of(fleet: Record) -> tuple[Removed, ...]:
    """Clusters to forget."""
    return tuple(
        Removed(cluster=_cluster(r.content("from")), where=r.where)
        for r in fleet.records("removed")
    )


def imports_of(fleet: Record) -> tuple[Imported, ...]:
    """Clusters to look for."""
    return tuple(
        Imported(cluster=_cluster(i.content("to")), where=i.where) for i in fleet.records("import")
    )


def _cluster(address: str) -> ClusterName:
    return ClusterName(address.removeprefix("cluster."))


def _values(fleet: Record, block: str, key: str) -> Iterator[Value]:
    return (v for v in (each.find(key) for each in fleet.records(block)) if v is not None)


def _check_moves(fleet: Record, findings: Findings) -> None:
    sources, destinations = (list(_values(fleet, "moved", key)) for key in ("from", "to"))
    there = {
        f"{kind}.{named.content('name')}"
        for kind, list_name in LISTS.items()
        for named in fleet.records(list_name)
    }
    left = {source.content for source in sources}
    for source in sources:
        if source.content in there:
            findings.add(_still_there(source))
    for destination in destinations:
        if destination.content not in there | left:
            _refuse_unknown(destination, there, findings, what="name of this file")
    _refuse_twice(sources, findings)
    _refuse_twice(destinations, findings)
    for move in fleet.records("moved"):
        ends = [end for end in map(move.find, ("from", "to")) if end is not None]
        if len({end.content.partition(".")[0] for end in ends}) > 1:
            findings.add(_of_another_kind(*ends))


def _refuse_unknown(stated: Value, known: set[str], findings: Findings, *, what: str) -> None:
    findings.at(
        stated,
        code="block-address-unknown",
        summary=f"{stated.content} is no {what}",
        hint=findings.suggestion(stated.content, known),
    )


def _refuse_twice(stated: Iterable[Value], findings: Findings) -> None:
    counts: Counter[str] = Counter()
    for each in stated:
        counts[each.content] += 1
        if counts[each.content] == 2:  # noqa: PLR2004
            findings.at(
                each,
                code="block-twice",
                summary=f"{each.content} is named twice",
                hint="Leave one of the two.",
            )


def _refuse_both(fleet: Record, findings: Findings) -> None:
    forgotten = {each.content for each in _values(fleet, "removed", "from")}
    for each in _values(fleet, "import", "to"):
        if each.content in forgotten:
            findings.at(
                each,
                code="block-twice",
                summary=f"{each.content} is to be recorded and to be forgotten",
                hint="Leave one of the two.",
            )


def _of_another_kind(source: Value, destination: Value) -> Diagnostic:
    return Diagnostic(
        code="moved-kind",
        subject=destination.path,
        summary=f"{source.content} can not become {destination.content}: it stays what it is",
        hint="`from` and `to` begin with the same word.",
        where=destination.where,
    )


def _still_there(source: Value) -> Diagnostic:
    return Diagnostic(
        code="moved-still-there",
        subject=source.path,
        summary=f"{source.content} is said to be called otherwise now, and is in this file still",
        hint="Take it out, or the block: what was renamed has one name.",
        where=source.where,
    )


def _destroys(stated: Value) -> Diagnostic:
    return Diagnostic(
        code="removed-destroys",
        subject=stated.path,
        summary="`removed` is for what is to stay in its cloud, and `destroy: true` contradicts that",
        hint="Write `destroy: false` to let it stay and be forgotten. To have it destroyed, take the block "
        "out: the next plan shows that what the fleet does not need any more is destroyed, and asks.",
        where=stated.where,
    )
