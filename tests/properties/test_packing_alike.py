"""Packing equal items as one class: the fewest nodes, and every item of everybody on one that has room."""

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.placement.packing import pack
from broker.placement.shapes import Item, NodeShape
from tests.fakes.brute_packing import fewest_nodes, lie_on_one_node
from tests.packing_strategies import items, nodes, room, rooms

Load = tuple[list[Item], list[int], NodeShape]


@st.composite
def loads(draw: st.DrawFn) -> Load:
    """Up to six workloads of two sizes at the most, ten replicas in all."""
    node = draw(nodes())
    sizes = draw(st.lists(items(node), min_size=1, max_size=2, unique=True))
    asked = draw(st.lists(st.sampled_from(sizes), min_size=1, max_size=6))
    return asked, [draw(st.integers(0, 10 // len(asked))) for _ in asked], node


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(loads())
def test_the_fewest_nodes_carry_all_of_every_workload(load: Load) -> None:
    asked, counts, node = load
    packing = pack(asked, counts, node)

    assert packing.proven
    assert packing.nodes == fewest_nodes(rooms(asked, counts), room(node))
    carried = [sum(p[j] * times for p, times in packing.patterns) for j in range(len(asked))]
    assert carried == counts
    for pattern, _ in packing.patterns:
        assert lie_on_one_node(rooms(asked, pattern), room(node))
