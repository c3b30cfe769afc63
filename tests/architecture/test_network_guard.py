"""The guard of tests/conftest.py holds."""

import socket

import pytest

REFUSAL = "tests use this computer only"


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_connecting_elsewhere_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as there, pytest.raises(AssertionError, match=REFUSAL):
        there.connect((host, 443))


def test_asking_for_an_address_elsewhere_is_refused() -> None:
    with pytest.raises(AssertionError, match=REFUSAL):
        socket.getaddrinfo("cloud.example", 443)


def test_this_computer_can_be_reached() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        assert connection.getpeername() == server.getsockname()
