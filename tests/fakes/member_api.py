"""The API of a member on this computer, over TLS: nodes and pods, made of the client's own models."""

import base64
import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubernetes import client

from tests.fakes.http_service import Answer, Asked, serving

JSON = {"Content-Type": "application/json"}

TOKEN = "token-of-nobody"  # noqa: S105  # no secret: it opens nothing

POOL = "broker.dev/pool"


def node(name: str, pool: str | None) -> Any:
    labels = {"kubernetes.io/hostname": name, **({POOL: pool} if pool else {})}
    return client.V1Node(metadata=client.V1ObjectMeta(name=name, labels=labels))


def pod(
    name: str,
    on: str | None,
    *,
    namespace: str = "team",
    phase: str = "Running",
    owner: str | None = None,
    annotations: dict[str, str] | None = None,
) -> Any:
    owners = (
        [client.V1OwnerReference(api_version="v1", kind=owner, name="o", uid="u")]
        if owner
        else None
    )
    return client.V1Pod(
        metadata=client.V1ObjectMeta(
            name=name,
            namespace=namespace,
            annotations=annotations,
            owner_references=owners,
        ),
        spec=client.V1PodSpec(
            node_name=on, containers=[client.V1Container(name="main", image="i")]
        ),
        status=client.V1PodStatus(phase=phase),
    )


@dataclass
class MemberServer:
    """*status* other than 200 refuses; *gone* so many continued lists are too old; *page* is small."""

    nodes: Sequence[Any] = ()
    pods: Sequence[Any] = ()
    status: int = 200
    gone: int = 0
    page: int = 2
    body: bytes | None = None
    pods_body: bytes | None = None
    asked: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(f"{asked.path} {asked.query.get('labelSelector', '')}".strip())
        is_ours = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        status = self.status if is_ours else 401
        if "continue" in asked.query and self.gone:
            self.gone -= 1
            status = 410
        if status != 200:
            refused = client.V1Status(code=status, status="Failure", reason="Refused")
            return Answer(status=status, body=_json(refused), headers=JSON)
        told = self.pods_body if asked.path.endswith("/pods") else self.body
        if told is not None:
            return Answer(body=told, headers=JSON)
        return Answer(body=_json(self._listed(asked.path, asked.query)), headers=JSON)

    def _listed(self, path: str, query: Mapping[str, str]) -> Any:
        what, items = client.V1PodList, [*self.pods]
        if path == "/api/v1/nodes":
            what = client.V1NodeList
            items = [n for n in self.nodes if query["labelSelector"] in n.metadata.labels]
        else:
            assert path == "/api/v1/pods"
            chosen = query["fieldSelector"].split(",")
            assert chosen[0] == "spec.nodeName!="
            ended = {term.removeprefix("status.phase!=") for term in chosen[1:]}
            items = [p for p in items if p.spec.node_name and p.status.phase not in ended]
        begin = int(query.get("continue", "0"))
        end = begin + min(self.page, int(query["limit"]))
        following = str(end) if end < len(items) else None
        meta = client.V1ListMeta(resource_version="1", _continue=following)
        return what(items=items[begin:end], metadata=meta)


@contextmanager
def member_server(folder: Path) -> Iterator[MemberServer]:
    """With what a stack tells of such a member in its `outputs`."""
    key, authority = _certificate()
    (folder / "server.pem").write_bytes(key + authority)
    server = MemberServer()
    with serving(server.answer, certificate=folder / "server.pem") as url:
        server.outputs = {
            "endpoint": url,
            "certificate_authority": base64.b64encode(authority).decode(),
            "cluster_name": "research--aws-eu-north-1",
        }
        yield server


def _json(value: Any) -> bytes:
    with client.ApiClient() as codec:
        return json.dumps(codec.sanitize_for_serialization(value)).encode()


def _certificate() -> tuple[bytes, bytes]:
    """A key, and a certificate of this computer that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365 * 50))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return (
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem),
    )
