"""The alarm that rings when a member on GCP costs more than planned."""

import pulumi_gcp as gcp

from broker.domain.members import Member
from broker.domain.money import MICROS_PER_UNIT
from stacks.programs.budgets import ALARMS
from stacks.programs.gcp.project import Project
from stacks.programs.tags import CLUSTER, label

PERCENT = 100
NANOS_PER_MICRO = 1000


def gcp_budget(member: Member, project: Project) -> None:
    """A monthly budget over everything labelled with the cluster; whoever pays the bills hears of it.

    Its amount is in the currency of the bills: Google refuses any other
    (cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets).
    """
    limit = member.budget_monthly
    if limit is None:
        return
    units, micros = divmod(limit.micros, MICROS_PER_UNIT)
    gcp.billing.Budget(
        "budget",
        billing_account=project.billing_account,
        display_name=f"{member.fleet}/{member.name}"[:60],
        amount=gcp.billing.BudgetAmountArgs(
            specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(
                units=str(units),
                nanos=micros * NANOS_PER_MICRO or None,
            )
        ),
        budget_filter=gcp.billing.BudgetBudgetFilterArgs(
            projects=[project.number.apply(lambda number: f"projects/{number}")],
            labels={CLUSTER: label(member.name)},
            calendar_period="MONTH",
        ),
        threshold_rules=[
            gcp.billing.BudgetThresholdRuleArgs(
                threshold_percent=alarm.percent / PERCENT,
                spend_basis="FORECASTED_SPEND" if alarm.is_forecast else "CURRENT_SPEND",
            )
            for alarm in ALARMS
        ],
    )
