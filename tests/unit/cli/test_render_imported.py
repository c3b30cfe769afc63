"""What an import says of each cluster: found, kept by the engine, or not there."""

from broker.cli.render.imported import render_imported
from broker.cli.render.style import Style
from broker.domain.ids import ClusterName
from broker.domain.members import StackResource
from broker.ports.provisioning import Adoption
from broker.ports.state import MemberRecord, State
from broker.usecases.import_ import Imported

NAME = ClusterName("aws-us-east-1")


def resources(*names: str) -> tuple[StackResource, ...]:
    return tuple(StackResource(urn=f"urn:{name}", type="t", name=name, id=name) for name in names)


def told(adoption: Adoption, *recorded: str) -> list[str]:
    record = MemberRecord(
        name=NAME,
        member={},
        outputs={},
        resources=tuple({"name": name} for name in recorded),
        checkpoint=None,
    )
    state = State(
        lineage="l", serial=2, fleet="f", currency="USD", members=(record,) if recorded else ()
    )
    imported = Imported(adoptions={NAME: adoption}, known=(), state=state)
    return render_imported(imported, Style()).splitlines()


def test_where_only_the_state_was_lost_what_the_engine_kept_is_counted() -> None:
    first, *_ = told(Adoption(), "network", "cluster")

    assert first == "aws-us-east-1: 2 resources recorded; the engine had kept its own record of all"


def test_where_everything_was_lost_what_was_found_is_counted() -> None:
    first, *_ = told(Adoption(adopted=resources("network", "cluster")), "network", "cluster")

    assert first == "aws-us-east-1: 2 resources found and recorded"


def test_what_was_found_and_what_was_kept_are_told_apart() -> None:
    adoption = Adoption(adopted=resources("cluster"), missing=("pool",))

    first, second, *_ = told(adoption, "network", "cluster")

    assert "2 resources recorded: 1 found in the cloud, 1 that the engine had kept" in first
    assert second == "    1 not there: pool"


def test_what_is_nowhere_is_not_there() -> None:
    first, second, *_ = told(Adoption(missing=("network", "cluster")))

    assert first == "aws-us-east-1: not there"
    assert second == "Nothing was found, and nothing is recorded."
