"""The alarm that rings when a member on AWS costs more than planned."""

import json

import pulumi_aws as aws

from broker.domain.members import Member
from stacks.programs.budgets import ALARMS
from stacks.programs.member_names import AWS_BUDGET, EC2_NAME, member_name
from stacks.programs.tags import CLUSTER, tags


def aws_budget(member: Member) -> None:
    """A monthly budget over everything tagged with the cluster, and a topic that hears of it.

    The tag has to be switched on for billing once per account.
    """
    limit = member.budget_monthly
    if limit is None:
        return
    topic = aws.sns.Topic(
        "budget",
        name=member_name(EC2_NAME, member, "budget"),
        policy=_publishing(),
        region=member.region.region,
        tags=tags(member, "budget"),
    )
    mail = [member.owner] if "@" in member.owner else None
    aws.budgets.Budget(
        "budget",
        name=member_name(AWS_BUDGET, member),
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=str(limit),
        limit_unit=limit.currency,
        cost_filters=[
            aws.budgets.BudgetCostFilterArgs(
                name="TagKeyValue", values=[f"user:{CLUSTER}${member.name}"]
            )
        ],
        notifications=[
            aws.budgets.BudgetNotificationArgs(
                comparison_operator="GREATER_THAN",
                notification_type="FORECASTED" if alarm.is_forecast else "ACTUAL",
                threshold=alarm.percent,
                threshold_type="PERCENTAGE",
                subscriber_sns_topic_arns=[topic.arn],
                subscriber_email_addresses=mail,
            )
            for alarm in ALARMS
        ],
        tags=tags(member, "budget"),
    )


def _publishing() -> str:
    """Lets AWS Budgets write to the topic."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "budgets.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)
