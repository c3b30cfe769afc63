"""Tokens for the APIs of members come from the clouds' own SDKs; without credentials that is said."""

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from broker.domain.errors import AccessDenied, UsageInvalid
from broker.domain.geography import RegionKey
from broker.domain.members import Member
from stacks.clusters.tokens import TOKENS, cluster_token
from stacks.programs.refusals import SOLD
from tests.fakes.small_program import small_member


def member(provider: str) -> Member:
    region = RegionKey.parse(f"{provider}/eu-north-1")
    made = small_member()
    return Member(
        name=made.name,
        fleet=made.fleet,
        owner=made.owner,
        region=region,
        pools=made.pools,
        address_block=made.address_block,
    )


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials anywhere, and no machine that would give some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))


def test_there_is_one_for_each_cloud_that_has_a_program() -> None:
    assert set(TOKENS) == set(SOLD)


def test_eks_gets_a_signed_question_for_this_cluster_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFNOBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-7c1f")

    token = cluster_token(member("aws"), "research--one")

    version, _, encoded = token.partition(".")
    url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (version, parts.scheme, parts.hostname) == (
        "k8s-aws-v1", "https", "sts.eu-north-1.amazonaws.com",
    )  # fmt: skip
    assert query["Action"] == "GetCallerIdentity"
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert query["X-Amz-Expires"] == "60"
    assert query["X-Amz-Credential"].split("/")[0] == "AKIAOFNOBODY"
    assert "canary" not in url
    assert query["X-Amz-Signature"] == signature(parts.query, "canary-7c1f", "research--one")


def signature(asked: str, secret: str, cluster: str) -> str:
    """As AWS computes it (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)."""
    terms = sorted(term for term in asked.split("&") if not term.startswith("X-Amz-Signature="))
    scope = unquote(next(t for t in terms if t.startswith("X-Amz-Credential="))).split("/", 1)[1]
    at = next(t for t in terms if t.startswith("X-Amz-Date=")).removeprefix("X-Amz-Date=")
    headers = f"host:sts.eu-north-1.amazonaws.com\nx-k8s-aws-id:{cluster}\n"
    nothing = hashlib.sha256(b"").hexdigest()
    request = "\n".join(["GET", "/", "&".join(terms), headers, "host;x-k8s-aws-id", nothing])
    told = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{told}".encode(), "sha256").hex()


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("provider", sorted(TOKENS))
def test_without_credentials_nobody_can_tell(provider: str) -> None:
    with pytest.raises(AccessDenied) as caught:
        cluster_token(member(provider), "one")

    assert caught.value.diagnostics[0].code == "work-unknown"


def test_a_file_of_credentials_that_is_none_is_said_without_what_is_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"type": "canary-7c1f"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with pytest.raises(AccessDenied) as caught:
        cluster_token(member("gcp"), "one")

    assert "canary" not in repr(caught.value.diagnostics)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("setting", ["AWS_PROFILE", "AWS_ENDPOINT_URL_STS"])
def test_settings_of_aws_that_lead_nowhere_are_said_without_their_words(
    monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, "canary-7c1f")
    with pytest.raises(AccessDenied) as caught:
        cluster_token(member("aws"), "one")

    assert "canary" not in repr(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("provider", "library"), [("aws", "boto3"), ("azure", "azure.identity"), ("gcp", "google.auth")]
)
def test_without_the_library_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, provider: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageInvalid) as caught:
        cluster_token(member(provider), "one")

    assert f"gpu-broker[{provider}]" in caught.value.diagnostics[0].hint
