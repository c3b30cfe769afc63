"""How far rules have to give way for an offer to win: those about it alone, and those of the whole fleet."""

from broker.placement.lifts import LIFTS, Step
from broker.placement.winning import Change, Contender, Winning, judged
from broker.placement.winning_quotas import by_quota


def by_rules(
    contender: Contender, lifted: Step, *fleet_rules: str, has_to_win: bool = False
) -> Winning | None:
    """What the rules about the single offer come to, once *lifted* together, and *fleet_rules* too.

    None if there is still no fleet with the workload on the offer, or a rule can not give way; one
    that *has_to_win* is as for `judged`.
    """
    step = lifted
    for rule in dict.fromkeys(fleet_rules):
        further = next(LIFTS[rule](contender.case(step.problem)), None) if rule in LIFTS else None
        if further is None:
            return None
        step = step.and_then(further)
    return judged(contender, "rules", step, has_to_win=has_to_win)


def by_fleet_rule(contender: Contender, rule: str) -> Winning | None:
    """How far a rule about the whole fleet has to give way: the first step that is enough.

    None if none is, or if the rule has no steps.
    """
    if rule == "quota":
        return by_quota(contender)
    steps = LIFTS[rule](contender.case(contender.whatif.problem)) if rule in LIFTS else ()
    for step in steps:
        won = judged(contender, rule, step, has_to_win=True)
        if won is not None and won.change is not Change.NOT_ENOUGH:
            return won
    return None
