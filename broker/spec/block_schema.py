"""The tables of what a fleet.yaml can say about the record of its fleet."""

from broker.spec.fields import Field, Fields
from broker.spec.scalars import NAME_PATTERN
from broker.spec.shapes import Text, Truth

RENAMED = Text(
    expected="workload.NAME or data.NAME; clusters and pools are named by the plan",
    pattern=rf"(workload|data)\.{NAME_PATTERN}",
)
CLUSTER = Text(
    expected="cluster.NAME, as plans call it",
    pattern=r"cluster\.[a-z]([a-z0-9-]{0,93}[a-z0-9])?",
)

MOVED = Fields(
    expected="a move: `from`, `to`",
    fields=(
        Field(
            name="from",
            shape=RENAMED,
            about="What it was called: its address.",
            required=True,
            examples=("workload.old",),
        ),
        Field(
            name="to",
            shape=RENAMED,
            about="What it is called now, in this file.",
            required=True,
            examples=("workload.new",),
        ),
    ),
)

REMOVED = Fields(
    expected="a removal: `from`, `destroy`",
    fields=(
        Field(
            name="from",
            shape=CLUSTER,
            about="The cluster that is not to be managed any more, and stays in its cloud.",
            required=True,
            examples=("cluster.aws-us-east-1",),
        ),
        Field(
            name="destroy",
            shape=Truth(),
            about="It has to be `false`, which lets the cluster stay in its cloud. What is to be destroyed "
            "needs no block.",
            required=True,
            examples=(False,),
        ),
    ),
)

IMPORT = Fields(
    expected="an import: `to`",
    fields=(
        Field(
            name="to",
            shape=CLUSTER,
            about="A planned cluster that its cloud has already: it is looked for by its names and tags.",
            required=True,
            examples=("cluster.aws-us-east-1",),
        ),
    ),
)
