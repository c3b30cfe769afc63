"""What apply is about to do: for who has to agree to it, and for who has agreed already."""

from typing import TYPE_CHECKING

from broker.cli.render.applied import render_mended, render_resumed
from broker.cli.render.blocks import blocks_sentences, render_blocks, unmanaged
from broker.cli.render.changes import render_summary
from broker.cli.render.lifetime import lifetime_sentence
from broker.cli.render.plan import Page, render_plan
from broker.cli.render.removal import half_made_words
from broker.cli.render.stacks import render_stacks
from broker.domain.money import Money, total
from broker.usecases.removal_documents import half_made

if TYPE_CHECKING:
    from broker.usecases.proposal import Proposal


def render_proposal(proposal: "Proposal", page: Page) -> str:
    """All of it."""
    return _together(
        render_mended(proposal.mended),
        render_plan(proposal.document, page).rstrip("\n"),
        render_stacks(proposal.document.get("stacks", []), page.style, lists_all=page.lists_all),
    )


def render_approved(proposal: "Proposal", page: Page) -> str:
    """What was seen before, and how much of it is left; empty if nothing is to be done."""
    if not proposal.has_changes:
        return ""
    document = proposal.document
    resumed = document.get("resumed")
    return _together(
        render_mended(proposal.mended),
        render_resumed(resumed) if resumed else "",
        render_blocks(document, page.style),
        render_stacks(document.get("stacks", []), page.style, lists_all=page.lists_all),
        "" if resumed else render_summary(document, page.style),
        lifetime_sentence(document).strip(),
    )


def _together(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n\n"


def question_about(proposal: "Proposal") -> str:
    """What is asked, with the cost again: it is what people regret."""
    costs = proposal.document["cost"]
    errand = proposal.errand
    begun = half_made({*proposal.mended, *errand.aside} - errand.forgotten, errand.recorded)
    before = costs["before"]["monthly"] if costs["before"] else "0"
    now, then = (Money.parse(m, costs["currency"]) for m in (before, costs["monthly"]))
    now = total([now, *unmanaged(proposal.document)], costs["currency"])
    so_far = f"it costs {now.shown()} now"
    if begun:
        so_far = f"what it costs now is not known, since {half_made_words(begun)}"
    asked = f"Do you want to carry this out? The month will cost {then.shown()}; {so_far}."
    return asked + blocks_sentences(proposal.document) + lifetime_sentence(proposal.document)
