"""How long to wait for a lock, as Terraform's users write it."""

import click
import pytest

from broker.cli.locking import Patience


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("0", 0), ("15s", 15), ("15", 15), ("5m", 300), ("1h30m", 5400), ("1h1m1s", 3661)],
)
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    assert Patience().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "1.5s", "5 m", "1d", "m5", "forever", "9" * 20])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no duration"):
        Patience().convert(text, None, None)
