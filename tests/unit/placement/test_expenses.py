"""Where the money goes is told by the costliest, and each figure is a part of the whole."""

import re

from broker.domain.money import Money
from broker.placement.expenses import expenses
from tests.fakes import fleets

PAID = fleets.monthly(fleets.research())


def test_the_costliest_of_each_kind_come_first_with_their_share() -> None:
    workloads, clusters, beside = expenses(fleets.research(), PAID)

    assert workloads == (
        "The costliest workloads: finetune $55,660.25 (55 %), pretrain $33,981.54 (33 %), "
        "chat $6,718.34 (7 %) and 1 more."
    )
    assert clusters == (
        "The costliest clusters: gcp-europe-west4 $55,766.10 (55 %), "
        "aws-us-east-1 $44,164.90 (43 %)."
    )
    assert beside == (
        "Beside nodes: the fixed cost of gcp $1,500.00 (1 %), copies of corpus $516.00 (1 %), "
        "cluster overheads $211.70 (under 1 %)."
    )


def test_what_costs_nothing_is_not_named() -> None:
    alone = fleets.fleet([fleets.cluster(fleets.AWS, overhead=None)], [])

    assert len(list(expenses(alone, Money(1)))) == 2
    assert not re.search("aws|azure", list(expenses(fleets.research(), PAID))[2])
