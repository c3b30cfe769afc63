"""Which pools of a member have work on them: its own API is asked, whatever was planned."""

from collections.abc import Mapping

from broker.domain.errors import Unavailable
from broker.domain.ids import PoolName
from broker.domain.members import Member, MemberPool
from broker.ports.state import MemberRecord
from broker.ports.work import LiveWork
from stacks.clusters.api import Door, asking, authority_of
from stacks.clusters.pods import working
from stacks.clusters.tokens import Token, cluster_token
from stacks.clusters.unknown import work_unknown
from stacks.programs.tags import POOL, node_labels

ENDPOINT = "endpoint"
"""The output of a stack that says where the API of its cluster is."""


def live_work(member: Member, record: MemberRecord) -> Mapping[PoolName, int]:
    """Pods on each pool of *member* but those that belong to the node, and those of add-ons."""
    return pods_of(member, record, cluster_token)


_: LiveWork = live_work


def pods_of(member: Member, record: MemberRecord, token: Token) -> Mapping[PoolName, int]:
    """The same, with a *token* of the caller's; pools that were never made are not asked about."""
    pools = {node_labels(pool)[POOL]: pool.name for pool in _perhaps_made(member, record)}
    if not pools:
        return {}
    with asking(member, _door(member, record, token)) as api:
        labels = api.pools_of_nodes(POOL)
        ours = {node: pools[label] for node, label in labels.items() if label in pools}
        return working(api.pods(), ours) if ours else {}


def _perhaps_made(member: Member, record: MemberRecord) -> list[MemberPool]:
    """The pools that there may be: of a cluster that was half changed, more than are recorded."""
    made = {resource["name"] for resource in record.resources}
    if record.is_tainted and ENDPOINT in record.outputs:
        return list(member.pools)
    return [pool for pool in member.pools if f"pool-{pool.name}" in made]


def _door(member: Member, record: MemberRecord, token: Token) -> Door:
    outputs = record.outputs
    try:
        endpoint = str(outputs[ENDPOINT])
        authority = authority_of(outputs["certificate_authority"])
        name = str(outputs["cluster_name"])
    except (KeyError, ValueError):
        why = "It is not recorded where its API is: it was never finished."
        raise work_unknown(Unavailable, member, why) from None
    server = endpoint if endpoint.startswith("https://") else f"https://{endpoint}"
    return Door(server=server, authority=authority, token=token(member, name))
