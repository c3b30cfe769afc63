"""The table of everything a fleet.yaml can say: its check and its JSON Schema both come from it."""

from typing import Any

from broker.domain.spec import OnBreach, Replication
from broker.spec.block_schema import IMPORT, MOVED, REMOVED
from broker.spec.check_schema import CHECK
from broker.spec.cluster_schema import CLUSTERS
from broker.spec.composites import ListOf, MapOf
from broker.spec.fields import Field, Fields
from broker.spec.scalars import (
    ALL,
    AMOUNT,
    API_VERSION,
    CLOUD_OR_PLACE,
    CLOUD_PATTERN,
    DURATION,
    INSTANT,
    LABEL_KEY_PATTERN,
    LINE,
    NAME,
    NOT_NEGATIVE,
    PLACE,
    POSITIVE,
    REPLICAS,
    RESERVATION_NAME,
    SHARE,
    SIZE,
    WORD,
    DataTier,
    Over,
    PaidAs,
    whole,
)
from broker.spec.shapes import Anything, ByKind, Choice, Label
from broker.spec.variable_fields import DECLARED
from broker.spec.variable_schema import with_variables
from broker.spec.workload_schema import CAPACITY_TYPES, WORKLOAD

PROVIDER = Fields(
    expected="a mapping with `regions`",
    fields=(
        Field(
            name="regions",
            shape=ByKind(scalar=ALL, list_=ListOf(item=WORD, least=1, unique=True)),
            about="The regions that may be used: `all` (that every customer may use), or a list.",
            default="all",
            examples=("all", ["westeurope", "swedencentral"]),
        ),
        Field(
            name="except",
            shape=ListOf(item=WORD, unique=True),
            about="Regions taken off again.",
            default=(),
            examples=(["me-central2"],),
        ),
        Field(
            name="fixed-monthly",
            shape=AMOUNT,
            about="What using this cloud at all costs a month: a support plan, an interconnect.",
            default=0,
            examples=(1500,),
        ),
        Field(
            name="cluster-hourly",
            shape=AMOUNT,
            about="What a cluster costs an hour beside its nodes; by default, what the tables say.",
            examples=("0.145",),
        ),
    ),
)

OBJECTIVE = Fields(
    expected="a mapping with `currency`, `stability`",
    fields=(
        Field(
            name="currency",
            shape=WORD,
            about="The currency of every amount; this version counts in USD.",
            default="USD",
        ),
        Field(
            name="carbon-price-per-tonne",
            shape=NOT_NEGATIVE,
            about="What a tonne of CO2 costs; this version does not count carbon, so only 0.",
            default=0,
        ),
        Field(
            name="stability",
            shape=SHARE,
            about="The share of its cost that a move has to save before it is made.",
            default=0.02,
            examples=(0.05,),
        ),
        Field(
            name="spot-reclaims-per-hour",
            shape=NOT_NEGATIVE,
            about="How often a spot node is taken back, where no source says; 0 counts no loss.",
            default=0,
            examples=(0.02,),
        ),
        Field(
            name="restart",
            shape=DURATION,
            about="How long work takes to run again after its node was taken.",
            default="10m",
            examples=("10m",),
        ),
    ),
)

BUDGET = Fields(
    expected="a mapping with `monthly`",
    fields=(
        Field(
            name="monthly",
            shape=AMOUNT,
            about="The most that a month of 730 hours may cost.",
            required=True,
            examples=(260000, "1999.50"),
        ),
        Field(
            name="teams",
            shape=MapOf(
                key="the name of a team", key_example="ml", key_pattern=LINE.pattern, value=AMOUNT
            ),
            about="The most that each team may be charged a month for the accelerators it holds.",
            default={},
            examples=({"ml": 20000},),
        ),
        Field(
            name="on-breach",
            shape=Choice(words=OnBreach),
            about="What a plan over budget comes to: refused, or a warning.",
            default="deny",
        ),
    ),
)

COMPLIANCE = Fields(
    expected="a mapping with `packs` and `waivers`",
    fields=(
        Field(
            name="packs",
            shape=ListOf(item=WORD, least=1, unique=True),
            about="Compliance packs that must be installed and pass; without it, none.",
            examples=(["gdpr"],),
        ),
        Field(
            name="waivers",
            shape=ListOf(item=Anything()),
            about="Recorded exceptions to clauses of those packs.",
            default=(),
        ),
    ),
)

DATASET = Fields(
    expected="a data set: `name`, `size`, `at`",
    fields=(
        Field(
            name="name",
            shape=NAME,
            about="What workloads call it in `reads`.",
            required=True,
            examples=("corpus",),
        ),
        Field(
            name="size", shape=SIZE, about="How much there is.", required=True, examples=("12TB",)
        ),
        Field(
            name="at",
            shape=PLACE,
            about="Where it lives: cloud/region.",
            required=True,
            examples=("aws/eu-central-1",),
        ),
        Field(name="tier", shape=Choice(words=DataTier), about="How it is kept.", default="warm"),
        Field(
            name="replicate",
            shape=Choice(words=Replication),
            about="Whether it may be copied to other regions, paying for traffic and storage.",
            default="allowed",
        ),
        Field(
            name="copy-gbps",
            shape=POSITIVE,
            about="How fast it is copied, in 10^9 bits a second; decides what is done in time.",
            default=1,
            examples=(10,),
        ),
    ),
)

CLIENTS = Fields(
    expected="a group of clients: `name`, `at`",
    fields=(
        Field(
            name="name",
            shape=NAME,
            about="What `latency.to` calls them.",
            required=True,
            examples=("eu-users",),
        ),
        Field(
            name="at",
            shape=ListOf(item=PLACE, least=1, unique=True),
            about="The regions nearest to them: cloud/region.",
            required=True,
            examples=(["aws/eu-west-1", "gcp/europe-west3"],),
        ),
        Field(
            name="requests-per-second", shape=POSITIVE, about="How much they ask.", examples=(400,)
        ),
    ),
)

_QUOTA_MOST = 10**9

QUOTA = Fields(
    expected="a quota: `at`, `limit`",
    never_both=(
        ("accelerator", "machine-type"),
        ("accelerator", "family"),
        ("machine-type", "family"),
    ),
    fields=(
        Field(
            name="name",
            shape=LINE,
            about="What messages call it; by default, what it counts.",
            examples=("spot L4",),
        ),
        Field(
            name="at",
            shape=CLOUD_OR_PLACE,
            about="The cloud, meaning each of its regions (see `over`), or one cloud/region.",
            required=True,
            examples=("aws", "gcp/europe-west4"),
        ),
        Field(
            name="capacity",
            shape=CAPACITY_TYPES,
            about="The capacity types it counts; by default, all.",
            examples=(["spot"],),
        ),
        Field(
            name="accelerator",
            shape=WORD,
            about="The model (or full name) it counts; by default, all.",
            examples=("L4", "A100-80GB"),
        ),
        Field(
            name="machine-type",
            shape=WORD,
            about="The machine type it counts.",
            examples=("p5.48xlarge",),
        ),
        Field(
            name="family",
            shape=WORD,
            about="The family of machine types it counts.",
            examples=("P",),
        ),
        Field(
            name="limit",
            shape=Fields(
                expected="one of `accelerators`, `vcpus`, `nodes`",
                one_of=(("accelerators", "vcpus", "nodes"),),
                fields=tuple(
                    Field(
                        name=unit,
                        shape=whole(0, _QUOTA_MOST),
                        about=f"At most so many {unit}.",
                        examples=(64,),
                    )
                    for unit in ("accelerators", "vcpus", "nodes")
                ),
            ),
            about="The most that may run at once.",
            required=True,
            examples=({"accelerators": 64},),
        ),
        Field(
            name="over",
            shape=Choice(words=Over),
            about="Whether the limit holds for each region by itself, or for all of the cloud "
            "together.",
            default="each-region",
            examples=("all-regions",),
        ),
    ),
)

RESERVATION = Fields(
    expected="a reservation: `name`, `at`, `machine-type`, `nodes`",
    fields=(
        Field(
            name="name",
            shape=RESERVATION_NAME,
            about="As the cloud calls it: nodes are started in what bears that name. Where a cloud keeps "
            "reservations in groups, that of the group, as group/name where it takes two parts.",
            required=True,
            examples=("p5-block",),
        ),
        Field(
            name="at",
            shape=PLACE,
            about="Where it is: cloud/region.",
            required=True,
            examples=("aws/us-east-1",),
        ),
        Field(
            name="capacity",
            shape=Choice(words=PaidAs),
            about="How it was sold: a capacity block is started in another way than a reservation, "
            "and has a `zone` and an end.",
            default="reserved",
            examples=("capacity-block",),
        ),
        Field(
            name="zone",
            shape=WORD,
            about="Its zone, by the cloud's stable id.",
            examples=("use1-az4",),
        ),
        Field(
            name="machine-type",
            shape=WORD,
            about="What is reserved, as the cloud calls it.",
            required=True,
            examples=("p5.48xlarge",),
        ),
        Field(name="nodes", shape=REPLICAS, about="How many.", required=True, examples=(8,)),
        Field(
            name="monthly",
            shape=AMOUNT,
            about="What all of it costs a month, used or not; shown, never decided on.",
            examples=(180000,),
        ),
        Field(
            name="ends",
            shape=INSTANT,
            about="When it ends; by default, after the month that is planned.",
            examples=("2027-06-30T00:00:00Z",),
        ),
    ),
)

FLEET = Fields(
    expected="a mapping with `apiVersion`, `fleet`, `owner`, `providers`, `workloads`",
    fields=(
        Field(
            name="apiVersion",
            shape=API_VERSION,
            about="The grammar of this file.",
            required=True,
        ),
        Field(
            name="fleet",
            shape=NAME,
            about="The name of the fleet.",
            required=True,
            examples=("research",),
        ),
        Field(
            name="owner",
            shape=LINE,
            about="Who answers for it.",
            required=True,
            examples=("ml-platform",),
        ),
        Field(
            name="labels",
            shape=MapOf(
                key="a label",
                key_example="cost-center",
                key_pattern=LABEL_KEY_PATTERN,
                value=Label(),
            ),
            about="What the fleet is filed under; checked, and not used by a plan yet.",
            default={},
            examples=({"cost-center": "R42"},),
        ),
        Field(
            name="providers",
            shape=MapOf(
                key="the name of a cloud",
                key_pattern=CLOUD_PATTERN,
                key_example="aws",
                value=PROVIDER,
                least=1,
            ),
            about="The clouds that may be used, and where.",
            required=True,
            examples=({"aws": {"regions": "all"}},),
        ),
        Field(
            name="variables",
            shape=DECLARED,
            about="What differs from one use of this file to another; put in as `${var.NAME}`.",
            default={},
            examples=({"region": {"default": "eu-west-1"}},),
        ),
        Field(name="objective", shape=OBJECTIVE, about="What is minimised.", default={}),
        Field(name="budget", shape=BUDGET, about="The most it may cost."),
        Field(name="clusters", shape=CLUSTERS, about="How all clusters are made.", default={}),
        Field(name="compliance", shape=COMPLIANCE, about="Which rules hold.", default={}),
        Field(name="data", shape=ListOf(item=DATASET), about="Data sets.", default=()),
        Field(name="clients", shape=ListOf(item=CLIENTS), about="Who calls.", default=()),
        Field(
            name="quotas",
            shape=ListOf(item=QUOTA),
            about="What the clouds allow, as far as you know it.",
            default=(),
        ),
        Field(
            name="reservations",
            shape=ListOf(item=RESERVATION),
            about="Capacity that is paid already: used first, since it costs nothing more.",
            default=(),
        ),
        Field(
            name="checks",
            shape=ListOf(item=CHECK),
            about="What is checked of every plan, and warns or denies.",
            default=(),
        ),
        Field(
            name="moved",
            shape=ListOf(item=MOVED),
            about="What is called otherwise now: it is found again in place of being made anew.",
            default=(),
        ),
        Field(
            name="removed",
            shape=ListOf(item=REMOVED),
            about="Clusters that are not managed any more, and stay in their clouds.",
            default=(),
        ),
        Field(
            name="import",
            shape=ListOf(item=IMPORT),
            about="Planned clusters that their clouds have already.",
            default=(),
        ),
        Field(
            name="workloads",
            shape=ListOf(item=WORKLOAD, least=1),
            about="What has to run.",
            required=True,
        ),
    ),
)

SCHEMA_ID = "urn:gpu-broker:schema:fleet:v1"


def json_schema(*, admits_variables: bool = True) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of fleet.yaml, as it is written or with values in place.

    As written, text with a `${var.NAME}` in it may stand for any value that is no mapping.
    """
    schema = FLEET.json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "fleet.yaml",
        "description": "What a GPU fleet has to run, and within which bounds.",
        **(with_variables(schema) if admits_variables else schema),
    }
