"""The decision graph as an SVG picture: layers from left to right, a line of its own for each edge.

Nodes are as high as their edges need: each edge leaves and enters at a port of its own, and its
label lies on its first, straight part. So no two labels meet, whatever the graph.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from broker.planning.decision_graph import DecisionGraph, Edge, EdgeKind, Node, NodeKind

LAYERS = {
    NodeKind.WORKLOAD: 0,
    NodeKind.CLUSTER: 1,
    NodeKind.REGION: 2,
    NodeKind.CLIENTS: 3,
    NodeKind.DATA: 3,
}
SWEEPS = 8
"""Times that each layer is ordered by where its neighbours are."""

LINE, LETTER, SMALL_LETTER = 16, 7.0, 6.0
MARGIN, PADDING, GAP, BEND, TITLE = 24, 10, 14, 70, 36
"""Sizes in pixels: of a line of text, the letters of names and labels, and the room around."""

COLOURS = {
    EdgeKind.PLACEMENT: "#333333",
    EdgeKind.SITE: "#333333",
    EdgeKind.LATENCY: "#1f6fb2",
    EdgeKind.EGRESS: "#a65c00",
    EdgeKind.LAW: "#999999",
}
FILLS = {
    NodeKind.WORKLOAD: "#e6f0e2",
    NodeKind.CLUSTER: "#e3ebf6",
    NodeKind.REGION: "#f1ecf7",
    NodeKind.CLIENTS: "#dcebf7",
    NodeKind.DATA: "#f7ead9",
}
FONT = 'font-family="ui-monospace, Menlo, Consolas, monospace"'


@dataclass(slots=True)
class _Box:
    """A node and where it is drawn; *out* and *into* are its edges on the right and on the left."""

    node: Node
    width: float
    out: list["_Way"] = field(default_factory=list)
    into: list["_Way"] = field(default_factory=list)
    x: float = 0
    y: float = 0

    @property
    def height(self) -> float:
        lines = max(1 + len(self.node.about), len(self.out), len(self.into))
        return lines * LINE + PADDING


@dataclass(slots=True, eq=False)
class _Way:
    """An edge from a box on the left to one on the right, whichever way it points."""

    edge: Edge
    left: _Box
    right: _Box


def graph_svg(graph: DecisionGraph) -> str:
    """The same graph is the same picture; it asks nobody for anything."""
    boxes = {node.key: _Box(node, _width(node)) for node in graph.nodes}
    ways = [_way(edge, boxes) for edge in graph.edges]
    layers = _ordered(list(boxes.values()), ways)
    width, height = _arrange(layers)
    return "\n".join(
        [
            _opening(width, height),
            f"<title>{escape(graph.title)}</title>",
            *(_marker(kind, colour) for kind, colour in COLOURS.items()),
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
            f'<text x="{MARGIN}" y="{MARGIN}" font-size="14">{escape(graph.title)}</text>',
            *(_line(way) for way in ways),
            *(_label(way) for way in ways),
            *(_drawn_box(box) for layer in layers for box in layer),
            "</svg>\n",
        ]
    )


def _opening(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" {FONT} font-size="11">'
    )


def _width(node: Node) -> float:
    return max(len(text) for text in (node.name, *node.about)) * LETTER + 2 * PADDING


def _way(edge: Edge, boxes: Mapping[str, _Box]) -> _Way:
    ends = sorted((boxes[edge.source], boxes[edge.target]), key=lambda box: LAYERS[box.node.kind])
    way = _Way(edge, ends[0], ends[1])
    way.left.out.append(way)
    way.right.into.append(way)
    return way


def _ordered(boxes: Sequence[_Box], ways: Sequence[_Way]) -> list[list[_Box]]:
    """The boxes of each layer from top to bottom: each near the middle of its neighbours.

    The barycentre heuristic of Sugiyama, Tagawa and Toda (1981), ties by name.
    """
    layers: list[list[_Box]] = [[] for _ in range(1 + max(LAYERS.values()))]
    for box in boxes:
        layers[LAYERS[box.node.kind]].append(box)
    neighbours: dict[str, list[str]] = defaultdict(list)
    for way in ways:
        if way.edge.kind is not EdgeKind.LAW:  # what is barred pulls nothing towards it
            neighbours[way.left.node.key].append(way.right.node.key)
            neighbours[way.right.node.key].append(way.left.node.key)
    for _ in range(SWEEPS):
        for layer in layers:
            places = _places(layers)
            layer.sort(key=lambda box: (_middle(box, neighbours, places), box.node.key))
    places = _places(layers)
    for box in boxes:
        box.out.sort(key=lambda way: (places[way.right.node.key], way.edge))
        box.into.sort(key=lambda way: (places[way.left.node.key], way.edge))
    return layers


def _places(layers: Sequence[Sequence[_Box]]) -> dict[str, float]:
    """How far down its layer each node is, between 0 and 1."""
    return {
        box.node.key: (number + 0.5) / len(layer)
        for layer in layers
        for number, box in enumerate(layer)
    }


def _middle(
    box: _Box, neighbours: Mapping[str, Sequence[str]], places: Mapping[str, float]
) -> float:
    others = neighbours.get(box.node.key, ())
    return sum(places[key] for key in others) / len(others) if others else places[box.node.key]


def _arrange(layers: Sequence[Sequence[_Box]]) -> tuple[float, float]:
    """Place every box; returns the width and the height of the picture."""
    tallest = max(_height(layer) for layer in layers)
    x: float = MARGIN
    for layer in layers:
        y = MARGIN + TITLE + (tallest - _height(layer)) / 2
        for box in layer:
            box.x, box.y = x, y
            y += box.height + GAP
        labels = [len(way.edge.label) for box in layer for way in box.out]
        x += max((box.width for box in layer), default=0)
        x += max(labels) * SMALL_LETTER + BEND + 2 * PADDING if labels else 0
    return x + MARGIN, tallest + TITLE + 2 * MARGIN


def _height(layer: Sequence[_Box]) -> float:
    return sum(box.height + GAP for box in layer) - GAP if layer else 0


def _line(way: _Way) -> str:
    left, right, kind = way.left, way.right, way.edge.kind
    x, y = _start(way)
    end, down = right.x, _port(right, right.into.index(way), len(right.into))
    straight = left.x + left.width + 2 * PADDING + len(way.edge.label) * SMALL_LETTER
    bend = (straight + end) / 2
    dashes = ' stroke-dasharray="5 4"' if kind is EdgeKind.LAW else ""
    curve = f"C {bend:.1f} {y:.1f} {bend:.1f} {down:.1f} {end:.1f} {down:.1f}"
    return (
        f'<path class="{kind}" d="M {x:.1f} {y:.1f} H {straight:.1f} {curve}" fill="none" '
        f'stroke="{COLOURS[kind]}"{dashes}{_arrows(way)}/>'
    )


def _label(way: _Way) -> str:
    """On the straight part of its line, with a rim of white where other lines pass."""
    x, y = _start(way)
    rim = 'stroke="#ffffff" stroke-width="3" paint-order="stroke"'
    return (
        f'<text x="{x + PADDING:.1f}" y="{y - 3:.1f}" font-size="10" '
        f'fill="{COLOURS[way.edge.kind]}" {rim}>{escape(way.edge.label)}</text>'
    )


def _start(way: _Way) -> tuple[float, float]:
    left = way.left
    return left.x + left.width, _port(left, left.out.index(way), len(left.out))


def _arrows(way: _Way) -> str:
    """Where the edge points: to the right, to the left, or both ways."""
    mark = f'="url(#{way.edge.kind})"'
    match way.edge.kind:
        case EdgeKind.SITE:
            return ""
        case EdgeKind.EGRESS:
            return f" marker-start{mark}"
        case EdgeKind.LATENCY:
            return f" marker-start{mark} marker-end{mark}"
        case EdgeKind.PLACEMENT | EdgeKind.LAW:
            return f" marker-end{mark}"


def _port(box: _Box, number: int, count: int) -> float:
    return box.y + box.height / 2 + (number - (count - 1) / 2) * LINE


def _drawn_box(box: _Box) -> str:
    node = box.node
    ink, line = ("#888888", "#bbbbbb") if node.is_cut else ("#111111", "#666666")
    fill = "#f4f4f4" if node.is_cut else FILLS[node.kind]
    dashes = ' stroke-dasharray="5 4"' if node.is_cut else ""
    frame = (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="4" fill="{fill}" stroke="{line}"{dashes}/>'
    )
    title = f'<g class="{node.kind}"><title>{escape(node.key)}</title>'
    return "\n".join([title, frame, *_lines(box, ink), "</g>"])


def _lines(box: _Box, ink: str) -> Iterator[str]:
    texts = (box.node.name, *box.node.about)
    top = box.y + box.height / 2 - len(texts) * LINE / 2
    for number, text in enumerate(texts):
        weight = "" if number else ' font-weight="bold"'
        yield (
            f'<text x="{box.x + PADDING:.1f}" y="{top + number * LINE + 12:.1f}" '
            f'fill="{ink}"{weight}>{escape(text)}</text>'
        )


def _marker(kind: EdgeKind, colour: str) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M 0 0 L 8 4 L 0 8 z" fill="{colour}"/></marker>'
    )
