"""The decision graph of a small fleet, as DOT and as a picture.

`GOLDEN=write pytest tests/golden` writes the file anew: read the difference before committing it.
"""

import os
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from broker.cli.render.graph_dot import graph_dot
from broker.cli.render.graph_svg import graph_svg
from broker.domain.ids import WorkloadName
from broker.domain.spec import Replication
from broker.domain.workloads import Priority
from broker.placement.problem import Problem
from broker.placement.solution import Unplaced
from broker.placement.solve import solve
from broker.planning.decision_graph import DecisionGraph, EdgeKind, NodeKind, decision_graph
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    L4,
    NETHERLANDS,
    WEST,
    clients,
    dataset,
    offer,
    problem,
    reading,
    within,
    workload,
)

GOLDEN = Path(__file__).parent / "small.dot"
SVG = "{http://www.w3.org/2000/svg}"


def small() -> Problem:
    """Chat near its users, training beside a copy, a lawyer's work that must not leave the EU."""
    chat = within(workload("chat", model="L4", count=1, replicas=3), 20, "eu-users")
    legal = replace(
        reading(workload("legal"), "contracts"), residency=frozenset({"EU"}), replicas=chat.replicas
    )
    return problem(
        [
            offer("p5", "10", region=EAST),
            offer("p5", "9", region=WEST),
            offer("p5", "14", region=FRANKFURT),
            offer("g6", "1", region=NETHERLANDS, accelerator=L4, count=4),
        ],
        chat,
        reading(workload("train", hours=100), "corpus"),
        legal,
        clients=(clients(FRANKFURT, name="eu-users"),),
        datasets=(
            dataset(NETHERLANDS, size_gb=2500),
            dataset(FRANKFURT, name="contracts", size_gb=80, replication=Replication.FORBIDDEN),
        ),
    )


def graph_of(asked: Problem) -> DecisionGraph:
    return decision_graph(asked, solve(asked))


def test_dot_is_as_it_was() -> None:
    drawn = graph_dot(graph_of(small()))
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(drawn)

    assert drawn == GOLDEN.read_text()


def test_the_law_bars_only_regions_that_all_other_rules_allow() -> None:
    graph = graph_of(small())

    (law,) = (edge for edge in graph.edges if edge.kind is EdgeKind.LAW)
    assert (law.source, law.target) == ("workload legal", f"region {WEST}")
    assert law.label == "contracts must not be copied, residency EU: bars 2 regions"


def test_a_region_that_is_only_barred_is_grey_and_none_is_barred_without_a_law() -> None:
    asked = small()
    alone = replace(asked, spec=replace(asked.spec, workloads=asked.spec.workloads[2:]))
    (free,) = (replace(w, residency=frozenset(), reads=()) for w in alone.spec.workloads)

    barred = {node.name for node in graph_of(alone).nodes if node.is_cut}
    unbarred = graph_of(replace(alone, spec=replace(alone.spec, workloads=(free,))))

    assert barred == {str(WEST)}
    assert not any(node.is_cut for node in unbarred.nodes)
    assert not any(edge.kind is EdgeKind.LAW for edge in unbarred.edges)


def test_unplaced_work_is_grey() -> None:
    asked = small()
    left_out = Unplaced(workload=WorkloadName("train"), priority=Priority.STANDARD, reason="")
    graph = decision_graph(asked, replace(solve(asked), unplaced=(left_out,)))

    assert {node.name for node in graph.nodes if node.is_cut} == {"train"}


def test_the_picture_is_xml_and_shows_every_node_and_label() -> None:
    graph = graph_of(small())
    picture = graph_svg(graph)
    root = ET.fromstring(picture)  # noqa: S314  # written by ourselves

    shown = [element.text for element in root.iter(f"{SVG}text")]
    for node in graph.nodes:
        assert {node.name, *node.about} <= set(shown)
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles == [graph.title, *titles[1:]]
    assert sorted(titles[1:]) == sorted(node.key for node in graph.nodes)
    assert {edge.label for edge in graph.edges} <= set(shown)
    assert len(list(root.iter(f"{SVG}path"))) == len(EdgeKind) + len(graph.edges)
    assert graph_svg(graph_of(small())) == picture


def test_boxes_lie_apart_and_within_the_picture() -> None:
    root = ET.fromstring(graph_svg(graph_of(small())))  # noqa: S314  # written by ourselves
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    boxes = [
        [float(rect.attrib[side]) for side in ("x", "y", "width", "height")]
        for group in root.iter(f"{SVG}g")
        for rect in group.iter(f"{SVG}rect")
    ]

    for number, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        for left, top, wide, high in boxes[:number]:
            assert x + w <= left or left + wide <= x or y + h <= top or top + high <= y


def test_what_a_name_holds_is_escaped() -> None:
    graph = graph_of(small())
    odd = replace(graph, title='a "b" <c> & \\d')

    assert 'label="a \\"b\\" <c> & \\\\d"' in graph_dot(odd)
    assert ET.fromstring(graph_svg(odd)).findtext(f"{SVG}title") == odd.title  # noqa: S314


def test_dot_names_only_nodes_that_it_declares() -> None:
    text = graph_dot(graph_of(small()))
    declared = set(re.findall(r'^  ("[^"]+") \[', text, re.MULTILINE))
    joined = re.findall(r'^  ("[^"]+") -> ("[^"]+") \[', text, re.MULTILINE)

    assert joined
    assert {end for ends in joined for end in ends} <= declared
    assert all(any(name.startswith(f'"{kind} ') for name in declared) for kind in NodeKind)
