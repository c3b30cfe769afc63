"""`broker schema` through the command line."""

import json

from jsonschema import Draft202012Validator

from tests.conftest import Broker
from tests.fakes.example_fleets import example_data


def test_the_schema_of_a_fleet_is_printed_and_checks_the_examples(broker: Broker) -> None:
    done = broker("schema", "fleet")

    schema = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(example_data("research"))
    assert not Draft202012Validator(schema).is_valid({"fleet": "x"})


def test_fleet_is_meant_when_nothing_is_named(broker: Broker) -> None:
    assert broker("schema").stdout == broker("schema", "fleet").stdout


def test_an_unknown_schema_gets_a_suggestion(broker: Broker) -> None:
    done = broker("schema", "fleets")

    assert (done.returncode, done.stdout) == (1, "")
    assert "[schema-unknown]" in done.stderr
    assert "Did you mean fleet?" in done.stderr
