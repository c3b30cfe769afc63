"""A cluster that was made, as a state records it: without a pool, and with what is known of it."""

from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName
from broker.domain.members import Member
from broker.planning.member_documents import member_document
from broker.ports.state import MemberRecord

OUTPUTS = {"endpoint": "https://10.0.0.1", "pools": {"l4": "np-1"}}

MADE = MemberRecord(
    name=ClusterName("aws-us-east-1"),
    member=member_document(
        Member(
            name=ClusterName("aws-us-east-1"),
            fleet="research",
            owner="ann",
            region=RegionKey.parse("aws/us-east-1"),
            pools=(),
            address_block="10.1.0.0/16",
        )
    ),
    outputs=OUTPUTS,
    resources=(),
    checkpoint="sha256:1",
)
