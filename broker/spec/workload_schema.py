"""The part of the table that says what a workload is."""

from broker.domain.offers import CapacityType
from broker.domain.workloads import Destruction, Priority, WorkloadKind
from broker.spec.composites import ListOf
from broker.spec.fields import Field, Fields
from broker.spec.scalars import (
    ALWAYS,
    COUNT,
    DURATION,
    GIB_IN_BYTES,
    GIB_IN_MIB,
    HOURS,
    IMAGE,
    INSTANT,
    KIB_IN_BYTES,
    LINE,
    MIG,
    MILLI_VCPUS,
    NAME,
    POSITIVE,
    REPLICAS,
    SHARE,
    STORE,
    WORD,
    Growth,
    whole,
)
from broker.spec.shapes import ByKind, Choice

CAPACITY_TYPES = ListOf(item=Choice(words=CapacityType), least=1, unique=True)

_DEVICE_FIELDS = (
    Field(
        name="memory-gib",
        shape=GIB_IN_MIB,
        about="The least memory of one whole device.",
        examples=(80,),
    ),
    Field(
        name="mig",
        shape=MIG,
        about="A slice of a device, by its NVIDIA MIG profile; `count` then counts slices.",
        examples=("1g.10gb",),
    ),
)

_MODEL = Field(
    name="model",
    shape=WORD,
    about="The model (`A100`: any of its variants) or full name (`A100-80GB`).",
    examples=("H100", "A100-80GB"),
)

ACCELERATORS = Fields(
    expected="`model` or `any-of`, and `count`",
    one_of=(("model", "any-of"),),
    fields=(
        _MODEL,
        Field(
            name="any-of",
            shape=ListOf(
                least=1,
                item=Fields(
                    expected="a mapping with `model`",
                    fields=(
                        Field(
                            name="model",
                            shape=WORD,
                            about=_MODEL.about,
                            required=True,
                            examples=_MODEL.examples,
                        ),
                        *_DEVICE_FIELDS,
                    ),
                ),
            ),
            about="Models any of which would do; `memory-gib` and `mig` beside it hold for each "
            "that states none of its own.",
            examples=([{"model": "H100", "memory-gib": 80}, {"model": "H200"}],),
        ),
        *_DEVICE_FIELDS,
        Field(
            name="count",
            shape=COUNT,
            about="Devices for each replica: whole, or a share of one device such as 0.25.",
            default=1,
            examples=(8, 0.25),
        ),
    ),
)

RUN = Fields(
    expected="`hours`, or `from` and `until`",
    any_of=(("hours", "from"), ("hours", "until")),
    fields=(
        Field(name="hours", shape=HOURS, about="How long the work takes.", examples=(96,)),
        Field(
            name="from",
            shape=INSTANT,
            about="When it may start; by default, with the month that is planned.",
            examples=("2026-12-01T08:00:00Z",),
        ),
        Field(
            name="until",
            shape=INSTANT,
            about="When it has to be done; without `hours` it runs the whole time.",
            examples=("2026-12-05T08:00:00Z",),
        ),
    ),
)

WORKLOAD = Fields(
    expected="a workload: `name`, `kind`, `accelerators`",
    never_both=(("gang", "replicas"),),
    fields=(
        Field(
            name="name", shape=NAME, about="Unique in the fleet.", required=True, examples=("chat",)
        ),
        Field(name="kind", shape=Choice(words=WorkloadKind), about="What it does.", required=True),
        Field(
            name="accelerators",
            shape=ACCELERATORS,
            about="What each replica needs.",
            required=True,
        ),
        Field(
            name="replicas",
            shape=ByKind(
                scalar=REPLICAS,
                map_=Fields(
                    expected="`min` and `max`",
                    fields=(
                        Field(
                            name="min",
                            shape=REPLICAS,
                            about="What the plan buys for.",
                            required=True,
                            examples=(4,),
                        ),
                        Field(
                            name="max",
                            shape=REPLICAS,
                            about="How far autoscaling may go.",
                            required=True,
                            examples=(40,),
                        ),
                        Field(
                            name="growth",
                            shape=Choice(words=Growth),
                            about="Whether quotas must leave room for `max` where the plan puts "
                            "`min`.",
                            default="unchecked",
                        ),
                    ),
                ),
            ),
            about="How many copies run; 1 if not given.",
            examples=(4, {"min": 4, "max": 40}),
        ),
        Field(
            name="gang",
            shape=REPLICAS,
            about="Replicas placed all or nothing, in one region and on one offer.",
            examples=(16,),
        ),
        Field(
            name="cpu",
            shape=MILLI_VCPUS,
            about="vCPUs for each replica, rounded up to a thousandth; 0: whatever is there.",
            default=0,
            examples=(96, 0.5),
        ),
        Field(
            name="memory-gib",
            shape=GIB_IN_MIB,
            about="Main memory for each replica, rounded up to a MiB; 0: whatever is there.",
            default=0,
            examples=(900,),
        ),
        Field(
            name="runs",
            shape=ByKind(scalar=ALWAYS, map_=RUN),
            about="How long: `always`, or work that ends and is paid by the hour.",
            default="always",
            examples=("always", {"hours": 96}),
        ),
        Field(
            name="capacity",
            shape=CAPACITY_TYPES,
            about="The capacity types it can live with.",
            default=("on-demand",),
            examples=(["spot", "on-demand"],),
        ),
        Field(
            name="checkpoint",
            shape=Fields(
                expected="`every`, `size-gib`, `store`",
                fields=(
                    Field(
                        name="every",
                        shape=DURATION,
                        about="How often.",
                        required=True,
                        examples=("10m",),
                    ),
                    Field(
                        name="size-gib",
                        shape=GIB_IN_BYTES,
                        about="How large one is.",
                        required=True,
                        examples=(46,),
                    ),
                    Field(
                        name="store",
                        shape=STORE,
                        about="Where they are kept.",
                        required=True,
                        examples=("s3://acme-ckpt/pretrain",),
                    ),
                ),
            ),
            about="How the work survives the loss of its nodes.",
        ),
        Field(
            name="reads",
            shape=ListOf(item=WORD, unique=True),
            about="Data sets that must be in its region.",
            default=(),
            examples=(["corpus"],),
        ),
        Field(
            name="residency",
            shape=ListOf(item=WORD, least=1, unique=True),
            about="Countries (ISO 3166) or unions, in any of which it may run; without it, anywhere.",
            examples=(["EU"], ["DE", "CH"]),
        ),
        Field(
            name="latency",
            shape=Fields(
                expected="`to` and `round-trip-ms`",
                fields=(
                    Field(
                        name="to",
                        shape=WORD,
                        about="A group of `clients`.",
                        required=True,
                        examples=("eu-users",),
                    ),
                    Field(
                        name="round-trip-ms",
                        shape=POSITIVE,
                        about="The longest round trip from each of their places to a replica.",
                        required=True,
                        examples=(35,),
                    ),
                    Field(
                        name="requests-per-replica",
                        shape=POSITIVE,
                        about="How many requests a second a replica answers; then there are enough "
                        "within reach of each place for its part of `requests-per-second`.",
                        examples=(50,),
                    ),
                    Field(
                        name="response-kib",
                        shape=KIB_IN_BYTES,
                        about="How large an answer is: traffic to clients is then paid for.",
                        examples=(20,),
                    ),
                ),
            ),
            about="How near it must be to those who call it.",
        ),
        Field(
            name="spread",
            shape=Fields(
                expected="`regions`",
                fields=(
                    Field(
                        name="regions",
                        shape=whole(1, 100),
                        about="The least number of regions that share the replicas evenly.",
                        required=True,
                        examples=(2,),
                    ),
                ),
            ),
            about="How it survives the loss of a region.",
            examples=({"regions": 2},),
        ),
        Field(
            name="at-most",
            shape=Fields(
                expected="`spot`, `spot-pool` or `zone`",
                any_of=(("spot", "spot-pool", "zone"),),
                fields=(
                    Field(
                        name="spot",
                        shape=SHARE,
                        about="The largest share of the replicas on spot, wherever.",
                        examples=(0.5,),
                    ),
                    Field(
                        name="spot-pool",
                        shape=SHARE,
                        about="The largest share on one spot offer: a machine type in one place.",
                        examples=(0.25,),
                    ),
                    Field(
                        name="zone",
                        shape=SHARE,
                        about="The largest share in one zone; offers that name no zone may lie in "
                        "any of their region.",
                        examples=(0.5,),
                    ),
                ),
            ),
            about="The largest shares of its replicas that may be lost at once, rounded down.",
        ),
        Field(
            name="near",
            shape=ListOf(
                item=Fields(
                    expected="`workload`, and `round-trip-ms` unless in the same region",
                    fields=(
                        Field(
                            name="workload",
                            shape=WORD,
                            about="Another workload of the fleet.",
                            required=True,
                            examples=("embed",),
                        ),
                        Field(
                            name="round-trip-ms",
                            shape=POSITIVE,
                            about="The longest round trip to a replica of it; "
                            "without it, in the same region.",
                            examples=(5,),
                        ),
                    ),
                ),
            ),
            about="Workloads that each of its replicas must have a replica of nearby.",
            default=(),
            examples=([{"workload": "embed", "round-trip-ms": 5}],),
        ),
        Field(
            name="apart",
            shape=ListOf(item=WORD, unique=True),
            about="Workloads that must not run in any region in which it does.",
            default=(),
            examples=(["chat-standby"],),
        ),
        Field(
            name="priority",
            shape=Choice(words=Priority),
            about="Who yields when capacity is short.",
            default="standard",
        ),
        Field(
            name="destroy",
            shape=Choice(words=Destruction),
            about="Whether `broker destroy` may take away the clusters on which it is placed; without it, "
            "what was applied last holds, and what was never forbidden is allowed.",
        ),
        Field(
            name="team",
            shape=LINE,
            about="Who pays; by default, the owner of the fleet.",
            examples=("foundation",),
        ),
        Field(
            name="image",
            shape=IMAGE,
            about="The container image, best with its digest.",
            examples=("registry.example/train:1.4",),
        ),
    ),
)
