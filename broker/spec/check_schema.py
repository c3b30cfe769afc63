"""The table of what one check of a fleet.yaml can say."""

from broker.domain.checks import Comparison, Fact, Level
from broker.domain.workloads import WorkloadKind
from broker.spec.fields import Field, Fields
from broker.spec.scalars import CLOUD_OR_PLACE, LINE, MOST_MONEY, NAME
from broker.spec.shapes import Choice, Either, Number, Text

BOUND = Either(
    expected='a number, an amount such as "6.50", a share such as 10% or a duration such as 24h',
    options=(
        Number(expected="a number", least=0, most=MOST_MONEY),
        Text(expected="a number with its unit", pattern=r"[0-9][0-9.]{0,18}%?|[0-9dhms]{2,24}"),
    ),
)

ABOUT = {
    Comparison.AT_MOST: "It passes where what is found is no more than that.",
    Comparison.AT_LEAST: "It passes where what is found is no less than that.",
    Comparison.IS: "It passes where what is found is exactly that.",
}

WHERE = Fields(
    expected="a mapping with any of `team`, `workload`, `kind`, `cluster`, `at`",
    never_both=(("workload", "kind"),),
    fields=(
        Field(name="team", shape=LINE, about="The work of this team.", examples=("ml",)),
        Field(name="workload", shape=NAME, about="This workload.", examples=("pretrain",)),
        Field(
            name="kind",
            shape=Choice(words=WorkloadKind),
            about="The workloads of this kind.",
            examples=("inference",),
        ),
        Field(
            name="cluster",
            shape=NAME,
            about="This cluster, as plans call it.",
            examples=("aws-us-east-1",),
        ),
        Field(
            name="at",
            shape=CLOUD_OR_PLACE,
            about="This cloud, or this cloud/region.",
            examples=("aws", "gcp/europe-west4"),
        ),
    ),
)

CHECK = Fields(
    expected="a check: `name`, `what`, and one of `at-most`, `at-least`, `is`",
    one_of=(tuple(str(word) for word in Comparison),),
    fields=(
        Field(
            name="name",
            shape=NAME,
            about="What plans and messages call it.",
            required=True,
            examples=("dear-month",),
        ),
        Field(
            name="what",
            shape=Choice(words=Fact),
            about="The fact of the plan that is looked at.",
            required=True,
            examples=("monthly-cost",),
        ),
        *(
            Field(name=str(word), shape=BOUND, about=about, examples=(260000, "10%", "24h"))
            for word, about in ABOUT.items()
        ),
        Field(
            name="level",
            shape=Choice(words=Level),
            about="What it comes to where it fails: a warning, or that nothing is changed.",
            default="advisory",
            examples=("mandatory",),
        ),
        Field(
            name="where",
            shape=WHERE,
            about="The part of the fleet that it is about; by default, all of it.",
            examples=({"team": "ml"},),
        ),
        Field(
            name="message",
            shape=LINE,
            about="Your own word on it, for whoever reads that it failed.",
            examples=("Ask finops@example.com before the month costs more.",),
        ),
    ),
)
