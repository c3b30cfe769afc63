"""One constraint family, one function, its formula in words.

Each function adds the rows of its family to the model of the variables it is given. `FAMILIES`
lists them all: a new family is one more function and one more line here.
"""

from collections.abc import Callable

from broker.placement.constraints.affinity import constrain_apart, constrain_near
from broker.placement.constraints.budgets import constrain_budgets
from broker.placement.constraints.cover import constrain_cover
from broker.placement.constraints.growth import constrain_growth
from broker.placement.constraints.latency import constrain_client_reach
from broker.placement.constraints.links import (
    constrain_clouds,
    constrain_clusters,
    constrain_data,
)
from broker.placement.constraints.moves import constrain_moves
from broker.placement.constraints.packing import constrain_packing
from broker.placement.constraints.quotas import constrain_quotas
from broker.placement.constraints.reservations import constrain_reservations
from broker.placement.constraints.shares import constrain_shares
from broker.placement.constraints.spread import constrain_spread
from broker.placement.constraints.traffic import constrain_traffic
from broker.placement.variables import Variables

FAMILIES: dict[str, Callable[[Variables], None]] = {
    "cover": constrain_cover,
    "packing": constrain_packing,
    "clusters": constrain_clusters,
    "clouds": constrain_clouds,
    "data": constrain_data,
    "quotas": constrain_quotas,
    "reservations": constrain_reservations,
    "growth": constrain_growth,
    "budgets": constrain_budgets,
    "latency": constrain_client_reach,
    "traffic": constrain_traffic,
    "spread": constrain_spread,
    "shares": constrain_shares,
    "near": constrain_near,
    "apart": constrain_apart,
    "moves": constrain_moves,
}
"""Applied in this order, so that models are the same on every run."""
