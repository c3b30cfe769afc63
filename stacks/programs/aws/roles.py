"""Roles that AWS's services and pods take on in the name of a member."""

import json
from collections.abc import Sequence

import pulumi_aws as aws

from broker.domain.members import Member
from stacks.programs.member_names import IAM_ROLE, member_name
from stacks.programs.tags import tags

POD_ACTIONS = ("sts:AssumeRole", "sts:TagSession")
"""What EKS Pod Identity needs (docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html)."""


def trust(service: str, actions: Sequence[str] = ("sts:AssumeRole",)) -> str:
    """The policy that lets *service* take on a role."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


def service_role(member: Member, name: str, service: str, policies: Sequence[str]) -> aws.iam.Role:
    """A role for *service*, with policies that AWS itself maintains."""
    role = aws.iam.Role(
        name,
        name=member_name(IAM_ROLE, member, name),
        assume_role_policy=trust(service),
        tags=tags(member, name),
    )
    for policy in policies:
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy}",
            role=role.name,
            policy_arn=f"arn:{partition(member)}:iam::aws:policy/{policy}",
        )
    return role


def partition(member: Member) -> str:
    """The part of AWS that the region belongs to: closed ones have names of their own."""
    region = member.region.region
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
