"""What is known of clusters, in Terraform's shape, and one value of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from broker.cli.render.outputs import outputs_document, render_outputs
from broker.domain.errors import UsageInvalid
from broker.usecases.output import output, outputs
from tests.fakes.changing import Desk, codes, recorded, startup_desk
from tests.fakes.state import MemoryStates

OUTPUTS = {"endpoint": "https://k8s.example", "pools": {"l4.spot": "np-1"}, "cluster_id": "c-1"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = startup_desk(tmp_path)
    made.apply()
    state = recorded(made)
    (member,) = state.members
    told = replace(state, members=(replace(member, outputs=OUTPUTS),))
    made.folder.states.append(told)
    return made


def test_programs_get_the_shape_that_terraform_has(desk: Desk) -> None:
    (name, *rest) = outputs(desk.states)

    document = outputs_document(outputs(desk.states))

    assert rest == []
    assert document == {
        name: {
            "sensitive": False,
            "type": [
                "object",
                {
                    "cluster_id": "string",
                    "endpoint": "string",
                    "pools": ["object", {"l4.spot": "string"}],
                    "provider": "string",
                    "region": "string",
                },
            ],
            "value": {**OUTPUTS, "provider": "gcp", "region": "us-central1"},
        }
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gcp-us-central1.endpoint", "https://k8s.example"),
        ("cluster.gcp-us-central1.region", "us-central1"),
        ("gcp-us-central1.pools.l4.spot", "np-1"),
        ("gcp-us-central1.pools", {"l4.spot": "np-1"}),
    ],
)
def test_one_value_has_a_name(desk: Desk, name: str, value: object) -> None:
    assert output(desk.states, name).value == value


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gcp-us-central", "Did you mean gcp-us-central1?"),
        ("gcp-us-central1.endpiont", "Did you mean gcp-us-central1.endpoint?"),
        ("gcp-us-central1.endpoint.more", "There is none."),
    ],
)
def test_what_is_not_there_is_told_with_what_is(desk: Desk, name: str, told: str) -> None:
    with pytest.raises(UsageInvalid) as wrong:
        output(desk.states, name)

    assert codes(wrong.value) == ["output-unknown"]
    assert told in wrong.value.diagnostics[0].hint


def test_where_nothing_was_made_there_are_none(tmp_path: Path) -> None:
    empty = startup_desk(tmp_path)

    assert outputs(MemoryStates(empty.folder)) == {}
    assert render_outputs({}) == ""
