"""What `variables:` of a fleet.yaml declares."""

from enum import StrEnum

from broker.spec.composites import ListOf, MapOf
from broker.spec.fields import Field, Fields
from broker.spec.findings import Findings
from broker.spec.nodes import Node, ScalarKind
from broker.spec.scalars import LINE
from broker.spec.shapes import ByKind, Choice, Label, Truth

VARIABLES = "variables"
NAME_PATTERN = "[A-Za-z_][A-Za-z0-9_-]{0,62}"


class VariableType(StrEnum):
    """What a value is taken for."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"


KINDS = {
    VariableType.STRING: ScalarKind.TEXT,
    VariableType.NUMBER: ScalarKind.NUMBER,
    VariableType.BOOL: ScalarKind.TRUTH,
}
TYPES = {kind: type_ for type_, kind in KINDS.items()}

VARIABLE = Fields(
    expected="a mapping with `type`, `default`, `description`, `sensitive`, or {}",
    fields=(
        Field(
            name="type",
            shape=Choice(words=VariableType),
            about="What a value is taken for; without it, what it looks like.",
        ),
        Field(
            name="default",
            shape=ByKind(scalar=Label(), list_=ListOf(item=Label())),
            about="The value where none is given; without it, one has to be.",
            examples=("eu-west-1", 8, ["eu-west-1"]),
        ),
        Field(name="description", shape=LINE, about="What it is for.", examples=("Where to run",)),
        Field(
            name="sensitive",
            shape=Truth(),
            about="Whether its value is kept out of findings, and of saved plans.",
            examples=(True,),
        ),
    ),
)

DECLARED = MapOf(
    key="the name of a variable",
    key_pattern=NAME_PATTERN,
    key_example="region",
    value=VARIABLE,
)


def declared_public(declared: Node | None) -> frozenset[str]:
    """Names of variables that are *declared*, and not as sensitive; none where any is declared wrongly."""
    findings = Findings()
    read = None if declared is None else DECLARED.read(declared, VARIABLES, findings)
    if read is None or findings.found:
        return frozenset()
    stated = read.content.values
    return frozenset(name for name, each in stated.items() if not each.content.content("sensitive"))
