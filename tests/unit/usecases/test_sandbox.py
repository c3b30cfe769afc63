"""What is ordered of a sandbox: machine types and regions that it sells."""

import pytest

from broker.domain.errors import UsageInvalid
from broker.usecases.sandbox import sold
from tests.fakes.changing import prices


def refusal(machine_type: str, region: str | None) -> tuple[str, str]:
    with pytest.raises(UsageInvalid) as refused:
        sold(prices().offers, machine_type, region)
    (finding,) = refused.value.diagnostics
    return finding.summary, finding.hint


def test_what_is_sold_is_taken_however_it_is_written() -> None:
    offers = prices().offers

    assert sold(offers, "P5.48xlarge", None) == ("p5.48xlarge", None)
    assert sold(offers, "p5.48xlarge", "aws/us-east-1") == ("p5.48xlarge", "us-east-1")
    assert sold(offers, "p5.48xlarge", "us-east-1") == ("p5.48xlarge", "us-east-1")


def test_a_machine_type_that_nobody_sells_is_refused_with_a_guess() -> None:
    summary, hint = refusal("p5.48xlrage", None)

    assert summary == "No p5.48xlrage is sold in the sandbox"
    assert "Did you mean p5.48xlarge" in hint


def test_a_place_where_it_is_not_sold_is_refused() -> None:
    assert "us-east-1" in refusal("p5.48xlarge", "us-est-1")[1]
    assert refusal("p5.48xlarge", "moon")[1].startswith("`broker offers")
