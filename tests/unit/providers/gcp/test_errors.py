"""Google's errors in our words; credentials that are missing, or end in the middle of a run."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions as sdk
from google.oauth2 import service_account

from broker.domain.errors import AccessDenied, CloudError, Unavailable, UsageInvalid
from broker.domain.geography import RegionKey
from broker.domain.regions import RegionStatus
from providers.calls.effort import Effort
from providers.calls.endpoint import MADE_UP_TOKEN as TOKEN
from providers.calls.failures import Question, Setback
from providers.gcp.adapter import CREDENTIALS, PERMISSION, Gcp
from providers.gcp.errors import refusal, translated
from providers.gcp.rest import SCOPE, Account, asking
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp.cloud import EVERYWHERE, GcpSandbox
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region, serving

CENTRAL = RegionKey.parse("gcp/us-central1")
QUESTION = Question("gcp/us-central1", permission=PERMISSION, credentials=CREDENTIALS)


def code_of(found: CloudError | Setback) -> tuple[str, bool]:
    """The code, and whether it may pass."""
    failure = found.failure if isinstance(found, Setback) else found
    (finding,) = failure.diagnostics
    return finding.code, isinstance(found, Setback)


def error(code: int, **told: Any) -> bytes:
    return json.dumps({"error": {"code": code, "message": "words", **told}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, error(403, status="PERMISSION_DENIED"), ("cloud-access-denied", False)),
        (
            403,
            error(403, errors=[{"domain": "usageLimits", "reason": "rateLimitExceeded"}]),
            ("cloud-rate-limited", True),
        ),
        (
            403,
            error(403, details=[{"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}]),
            ("cloud-rate-limited", True),
        ),
        (
            403,
            error(403, errors=[{"reason": "accessNotConfigured"}]),
            ("cloud-not-opted-in", False),
        ),
        (403, error(403, details=[{"reason": "SERVICE_DISABLED"}]), ("cloud-not-opted-in", False)),
        (403, error(403, errors="none", details=[None]), ("cloud-access-denied", False)),
        (429, error(429), ("cloud-rate-limited", True)),
        (401, error(401), ("cloud-credentials-refused", False)),
        (404, error(404), ("cloud-not-found", False)),
        (503, b"<html>", ("cloud-unavailable", True)),
        (403, b'{"error": "invalid_grant"}', ("cloud-access-denied", False)),
        (400, b"", ("cloud-answer-damaged", False)),
    ],
)
def test_a_refusal_is_told_by_its_reason(
    status: int, body: bytes, expected: tuple[str, bool]
) -> None:
    assert code_of(refusal(QUESTION, status, {}, body)) == expected


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (sdk.DefaultCredentialsError("none"), "cloud-credentials-missing"),
        (sdk.RefreshError("invalid_grant: secret"), "cloud-credentials-refused"),
        (sdk.TransportError("no route"), "cloud-unavailable"),
        (sdk.GoogleAuthError("anything"), "cloud-credentials-refused"),
    ],
)
def test_each_error_of_the_credentials_is_one_of_ours(raised: Any, code: str) -> None:
    found = translated(raised, QUESTION)

    assert code_of(found) == (code, False)
    assert "secret" not in repr([d.detail for d in found.diagnostics])


@pytest.fixture
def without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("without_credentials")
def test_without_credentials_a_region_is_denied_and_says_where_they_are_looked_for() -> None:
    gcp = Gcp(CONNECTION, environment={"GOOGLE_CLOUD_PROJECT": "some"}, patience=HASTY)

    result = gcp.discover(CENTRAL)

    assert result.status is RegionStatus.DENIED
    (finding,) = result.findings
    assert finding.code == "cloud-credentials-missing"
    assert "gcloud auth application-default login" in finding.hint
    with pytest.raises(AccessDenied):
        gcp.regions()


@pytest.mark.parametrize("damaged", ["", "no JSON", "{}", '{"type": "service_account"}'])
def test_damaged_credentials_are_missing_ones(
    damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.json"
    file.write_text(damaged)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    result = Gcp(CONNECTION, environment={}, patience=HASTY).discover(CENTRAL)

    assert result.status is RegionStatus.DENIED
    assert [finding.code for finding in result.findings] == ["cloud-credentials-missing"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b'{"type": "service_account", "x": NaN}'])
def test_a_file_of_credentials_that_can_not_be_read_is_none(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.json"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    result = Gcp(CONNECTION, environment={}, patience=HASTY).discover(CENTRAL)

    assert [finding.code for finding in result.findings] == ["cloud-credentials-missing"]


def test_without_a_project_there_is_nothing_to_ask() -> None:
    here = {"BROKER_GCP_ENDPOINT": "http://127.0.0.1:9"}

    result = Gcp(CONNECTION, environment=here, patience=HASTY).discover(CENTRAL)

    assert [finding.code for finding in result.findings] == ["cloud-credentials-missing"]
    assert "GOOGLE_CLOUD_PROJECT" in result.findings[0].hint


def test_a_cloud_that_can_not_be_reached_is_an_error() -> None:
    here = {"BROKER_GCP_ENDPOINT": "http://127.0.0.1:9", "GOOGLE_CLOUD_PROJECT": "some"}
    gcp = Gcp(CONNECTION, environment=here, patience=HASTY)

    result = gcp.discover(CENTRAL)

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-unavailable"]
    with pytest.raises(Unavailable):
        gcp.regions()


def test_an_endpoint_that_would_be_sent_credentials_unencrypted_is_refused() -> None:
    with pytest.raises(UsageInvalid):
        Gcp(CONNECTION, environment={"BROKER_GCP_ENDPOINT": "http://cloud.example"}).regions()


class TokenServer(ThreadingHTTPServer):
    """Gives the token of the stand-in once, and refuses after that."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TokenHandler)
        self.given = 0
        self.refused = 0


class TokenHandler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.given:
            self.server.refused += 1
            self._send(400, {"error": "invalid_grant", "error_description": "revoked"})
        else:
            self.server.given += 1
            self._send(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def key() -> str:
    """A private key that opens nothing."""
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = TokenServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def regions_then_skus(account: Account, names: list[str]) -> None:
    """Read the regions into *names*, then the catalog."""
    with asking(account, Effort(HASTY, QUESTION)) as rest:
        names += [region["name"] for region in rest.regions()]
        list(rest.skus())


def test_credentials_that_end_in_the_middle_of_a_run_are_refused_ones(
    key: str, tokens: TokenServer
) -> None:
    """With the SDK's own credentials, which ask for a new token when the old one is not taken."""
    names: list[str] = []
    make: Any = service_account.Credentials.from_service_account_info
    credentials = make(
        {
            "client_email": "broker@fake.example",
            "token_uri": f"http://127.0.0.1:{tokens.server_port}/token",
            "private_key": key,
        },
        scopes=[SCOPE],
    )
    cloud = GcpSandbox([Fault(region=EVERYWHERE, kind=FaultKind.EXPIRED, after=1)])
    with serving(cloud, of_region(list_prices("gcp"), "gcp/us-central1")) as environment:
        here = environment["BROKER_GCP_ENDPOINT"]
        account = Account(
            project=environment["GOOGLE_CLOUD_PROJECT"],
            credentials=credentials,
            here=True,
            compute=here,
            billing=here,
            quotas=here,
        )
        with pytest.raises(AccessDenied) as caught:
            regions_then_skus(account, names)

    assert names == ["us-central1"]
    assert [finding.code for finding in caught.value.diagnostics] == ["cloud-credentials-refused"]
    assert tokens.refused >= 1
    for secret in (key, TOKEN, "invalid_grant"):
        assert secret not in repr(caught.value.diagnostics)


def test_making_the_adapter_imports_no_sdk_and_reads_no_credential() -> None:
    statements = """
import sys
from datetime import UTC, datetime
from broker.ports.capacity import Connection
from broker.storage.clock import StoppedClock
from providers.gcp.adapter import Gcp
Gcp(Connection(clock=StoppedClock(datetime(2026, 1, 1, tzinfo=UTC))), environment={})
print(sorted({"google", "requests", "urllib3", "http.client", "grpc"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", statements], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_asking_loads_one_client_and_no_other() -> None:
    """Lists are read over REST with google-auth: each client library would cost more CPU."""
    with serving(GcpSandbox(), of_region(list_prices("gcp"), "gcp/us-central1")) as environment:
        statements = f"""
import sys
from datetime import UTC, datetime
from broker.domain.geography import RegionKey
from broker.ports.capacity import Connection
from broker.storage.clock import StoppedClock
from providers.gcp.adapter import Gcp
connection = Connection(clock=StoppedClock(datetime(2026, 11, 25, tzinfo=UTC)))
gcp = Gcp(connection, environment={dict(environment)!r})
print(len(gcp.discover(RegionKey.parse("gcp/us-central1")).offers) > 50)
print(sorted(name for name in sys.modules if name.count(".") == 2 and "google.cloud." in name))
print("googleapiclient" in sys.modules)
"""
        done = subprocess.run(
            [sys.executable, "-I", "-c", statements], capture_output=True, text=True, check=True
        )

    assert done.stdout.split("\n")[:3] == ["True", "['google.cloud.compute_v1']", "False"]
