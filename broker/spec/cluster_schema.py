"""The table of what a fleet.yaml can say of all of its clusters."""

from enum import StrEnum
from ipaddress import IPv4Network

from broker.spec.composites import ListOf
from broker.spec.fields import Field, Fields
from broker.spec.shapes import Choice, Text


class Sensor(StrEnum):
    """What watches the nodes for what should not happen there."""

    NONE = "none"
    FALCO = "falco"


def _network(text: str) -> str:
    """As it is written; ValueError where bits behind the prefix are set."""
    return str(IPv4Network(text))


NETWORK = Text(
    expected="an IPv4 network such as 203.0.113.0/24, with no bit set behind its prefix",
    pattern=r"[0-9]{1,3}(\.[0-9]{1,3}){3}/([1-9]|[12][0-9]|3[0-2])",
    parse=_network,
)

CLUSTERS = Fields(
    expected="a mapping with `authorized-networks`, `sensor`",
    fields=(
        Field(
            name="authorized-networks",
            shape=ListOf(item=NETWORK, unique=True),
            about="Who may reach the API servers from outside; without any, they have private addresses "
            "alone. Yours has to be among them, for what is installed in the clusters.",
            default=(),
            examples=(["203.0.113.0/24"],),
        ),
        Field(
            name="sensor",
            shape=Choice(words=Sensor),
            about="What watches the nodes for what should not happen there.",
            default="none",
            examples=("falco",),
        ),
    ),
)
