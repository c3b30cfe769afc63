"""What is secret is not written down; what is not stays readable."""

from typing import Any

import pytest

from broker.domain.redaction import REDACTED, SECRET_KIND, SECRET_MARK, credentials_in, redacted

CREDENTIALS = frozenset({"s3cr3t-of-the-environment"})


@pytest.mark.parametrize(
    "value",
    [
        {"password": "x"},
        {"db_password": "hunter2"},
        {"clientSecret": "x"},
        {"AWS_SECRET_ACCESS_KEY": "x"},
        {"privateKey": "x"},
        {"kubeconfig": "apiVersion: v1"},
        {"outer": [{"session-token": "x"}]},
        {SECRET_MARK: SECRET_KIND, "ciphertext": "v1:abc"},
        {SECRET_MARK: SECRET_KIND, "plaintext": '"x"'},
        "x s3cr3t-of-the-environment x",
        ["s3cr3t-of-the-environment"],
        {"s3cr3t-of-the-environment": 1},
        "-----BEGIN RSA PRIVATE KEY-----",
        "key AKIAIOSFODNN7EXAMPLE is used",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4",
    ],
    ids=str,
)
def test_secrets_go(value: Any) -> None:
    text = str(redacted(value, CREDENTIALS))

    assert REDACTED in text
    for secret in ("s3cr3t", "hunter2", "AKIA", "apiVersion", "ciphertext", "eyJ", "'x'", "BEGIN"):
        assert secret not in text


@pytest.mark.parametrize(
    "value",
    [
        {"token": "42", "serial": 3, "is_secret": True, "password": None, "passwords": 2},
        {"urn": "urn:pulumi:fleet::aws::aws:eks/nodeGroup:NodeGroup::h100"},
        ["fleet", 1, None, False],
        {"lineage": "7c1f0a", "digest": "sha256:0"},
        {SECRET_MARK: "something else"},
    ],
    ids=str,
)
def test_all_else_stays(value: Any) -> None:
    assert redacted(value, CREDENTIALS) == value


def test_credentials_are_known_by_the_names_of_variables() -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": "0123456789",
        "GITHUB_TOKEN": "abcdefghij",
        "PULUMI_CONFIG_PASSPHRASE": "correct horse",
        "DB_PASSWORD": "short",
        "HOME": "/home/ann/longer",
    }

    assert credentials_in(environment) == {"0123456789", "abcdefghij", "correct horse"}
