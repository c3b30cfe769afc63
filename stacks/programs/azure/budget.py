"""The alarm that rings when a member on Azure costs more than planned."""

import pulumi
import pulumi_azure_native as azure

from broker.domain.members import Member
from stacks.programs.azure.network import AzureNetwork
from stacks.programs.budgets import ALARMS, Alarm
from stacks.programs.member_names import (
    ACTION_GROUP,
    AZURE_BUDGET,
    AZURE_NAME,
    RESOURCE_GROUP,
    member_name,
    name_of,
)
from stacks.programs.tags import tags


def azure_budget(member: Member, network: AzureNetwork) -> None:
    """A monthly budget over the member's resource group and that of its nodes."""
    limit = member.budget_monthly
    if limit is None:
        return
    receivers = _receivers(member, network)
    client = azure.authorization.get_client_config_output()
    azure.consumption.Budget(
        "budget",
        budget_name=member_name(AZURE_BUDGET, member),
        scope=pulumi.Output.concat("/subscriptions/", client.subscription_id),
        category="Cost",
        time_grain="Monthly",
        time_period=azure.consumption.BudgetTimePeriodArgs(
            start_date=receivers.system_data.apply(_month)
        ),
        amount=limit.to_float(),
        filter=azure.consumption.BudgetFilterArgs(
            dimensions=azure.consumption.BudgetComparisonExpressionArgs(
                name="ResourceGroupName",
                operator="In",
                values=[
                    member_name(RESOURCE_GROUP, member),
                    member_name(RESOURCE_GROUP, member, "nodes"),
                ],
            )
        ),
        notifications={_alarm_name(alarm): _notification(alarm, receivers) for alarm in ALARMS},
    )


def _receivers(member: Member, network: AzureNetwork) -> azure.monitor.ActionGroup:
    """Who hears of it; others can be added there."""
    mail = azure.monitor.MicrosoftCommonEmailReceiverArgs(
        name="owner", email_address=member.owner, use_common_alert_schema=True
    )
    return azure.monitor.ActionGroup(
        "budget",
        action_group_name=member_name(AZURE_NAME, member, "budget"),
        group_short_name=name_of(ACTION_GROUP, member.name),
        resource_group_name=network.group.name,
        location="Global",
        enabled=True,
        email_receivers=[mail] if "@" in member.owner else None,
        tags=tags(member, "budget"),
    )


def _month(made: azure.monitor.outputs.SystemDataResponse) -> str:
    """The first of the month in which the receivers were made.

    A budget has to begin in the month in which it is made, and they are made together: so nobody
    has to ask a clock, and the answer stays the same (learn.microsoft.com/rest/api/consumption).
    """
    return f"{str(made.created_at)[:7]}-01T00:00:00Z"


def _alarm_name(alarm: Alarm) -> str:
    return f"{'forecast' if alarm.is_forecast else 'actual'}-{alarm.percent}"


def _notification(
    alarm: Alarm, receivers: azure.monitor.ActionGroup
) -> azure.consumption.NotificationArgs:
    return azure.consumption.NotificationArgs(
        enabled=True,
        operator="GreaterThan",
        threshold=alarm.percent,
        threshold_type="Forecasted" if alarm.is_forecast else "Actual",
        contact_emails=[],
        contact_groups=[receivers.id],
        contact_roles=["Owner"],
    )
