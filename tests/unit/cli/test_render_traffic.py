"""Flows of requests are shown with where they come from and who answers them."""

from broker.cli.render.style import Style
from broker.cli.render.traffic import render_traffic

FLOW = {
    "workload": "chat",
    "from": "aws/us-east-1",
    "to": "gcp/us-east4",
    "requests_per_second": "33.330",
}


def test_each_flow_has_a_line() -> None:
    assert render_traffic({"traffic": [FLOW]}, Style()).split("\n") == [
        "Requests  from           answered in   a second",
        "  chat    aws/us-east-1  gcp/us-east4     33.33",
    ]


def test_no_flows_show_nothing() -> None:
    assert render_traffic({"traffic": []}, Style()) == ""
