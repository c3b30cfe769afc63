"""The decision graph in the DOT language of Graphviz."""

from broker.planning.decision_graph import DecisionGraph, Edge, EdgeKind, Node, NodeKind

SHAPES = {
    NodeKind.WORKLOAD: "box",
    NodeKind.CLUSTER: "box3d",
    NodeKind.REGION: "ellipse",
    NodeKind.CLIENTS: "house",
    NodeKind.DATA: "cylinder",
}
STYLES = {
    EdgeKind.PLACEMENT: "color=black",
    EdgeKind.SITE: "color=black, arrowhead=none",
    EdgeKind.LATENCY: 'color="#1f6fb2", dir=both',
    EdgeKind.EGRESS: 'color="#a65c00", dir=back',
    EdgeKind.LAW: "color=gray60, fontcolor=gray45, style=dashed, arrowhead=tee, constraint=false",
}
CUT = "color=gray60, fontcolor=gray45, style=dashed"


def graph_dot(graph: DecisionGraph) -> str:
    """One line for each node and edge; the same graph is the same text."""
    lines = [
        "digraph decision {",
        f"  label={quoted(graph.title)};",
        '  rankdir=LR; ranksep=2; fontname="sans-serif";',
        '  node [fontname="sans-serif", fontsize=11]; edge [fontname="sans-serif", fontsize=9];',
        *(_node(node) for node in graph.nodes),
        *(_edge(edge) for edge in graph.edges),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _node(node: Node) -> str:
    label = quoted("\n".join((node.name, *node.about)))
    cut = f", {CUT}" if node.is_cut else ""
    return f"  {quoted(node.key)} [shape={SHAPES[node.kind]}, label={label}{cut}];"


def _edge(edge: Edge) -> str:
    # Data stands right of the regions that it is copied to: the arrow points back.
    ends = [edge.source, edge.target]
    if edge.kind is EdgeKind.EGRESS:
        ends.reverse()
    source, target = map(quoted, ends)
    return f"  {source} -> {target} [label={quoted(edge.label)}, {STYLES[edge.kind]}];"


def quoted(text: str) -> str:
    r"""A DOT string of *text*, each line of it centred.

    >>> print(quoted('say "a\\b"'))
    "say \"a\\b\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
