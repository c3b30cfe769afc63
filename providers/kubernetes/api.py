"""Reading lists of a cluster's API, with the credentials that kubeconfig names."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.calls.effort import Effort
from providers.calls.failures import Question, Setback, credentials_missing, setback_or_failure
from providers.calls.json_reader import JsonReader
from providers.calls.pages import pages

if TYPE_CHECKING:
    from requests import Session

    from broker.domain.errors import CloudError

Payload = Mapping[str, Any]

PAGE = 500
"""Objects per page, as kubectl asks for."""


class ClusterApi:
    """The API of the cluster of *context*, for one thread."""

    def __init__(self, context: str, kubeconfig: str | None, effort: Effort) -> None:
        self._effort = effort
        self._url, session = _session(context, kubeconfig, effort.question)
        self._reader = JsonReader(session, effort, _refusal)

    def nodes(self) -> Iterator[Payload]:
        """Every node."""
        return self._list("/api/v1/nodes")

    def pods(self) -> Iterator[Payload]:
        """Every pod that has a node."""
        return self._list("/api/v1/pods", {"fieldSelector": "spec.nodeName!="})

    def _list(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Payload]:
        def read(token: str | None) -> tuple[list[Payload], str | None]:
            asked = {"limit": str(PAGE), **(query or {}), **({"continue": token} if token else {})}
            answer = self._reader.read(f"{self._url}{path}", asked, complaint=_complaint)
            return answer["items"] or [], answer["metadata"].get("continue") or None

        for page in pages(read, self._effort.question):
            yield from page


def _complaint(answer: Payload) -> str:
    """A list has items, null for none, and metadata."""
    whole = isinstance(answer.get("metadata"), Mapping) and "items" in answer
    return "" if whole else "not a list"


def _session(context: str, kubeconfig: str | None, question: Question) -> "tuple[str, Session]":
    import requests  # noqa: PLC0415  # a second together, which only a refresh may take
    from kubernetes import client, config  # noqa: PLC0415

    settings = client.Configuration()
    try:
        config.load_kube_config(
            config_file=kubeconfig, context=context, client_configuration=settings
        )
    except config.ConfigException as error:
        # Its text names the file and the context; a plug-in for credentials may say more.
        raise credentials_missing(question, type(error).__name__) from None
    session = requests.Session()
    session.trust_env = False  # no proxy and no netrc: kubeconfig says all there is
    session.verify = (settings.ssl_ca_cert or True) if settings.verify_ssl else False
    if settings.cert_file and settings.key_file:
        session.cert = (settings.cert_file, settings.key_file)
    signing = settings.auth_settings().get("BearerToken")
    if signing and signing["value"]:
        session.headers[signing["key"]] = signing["value"]
    session.headers["Accept"] = "application/json"
    return str(settings.host).rstrip("/"), session


def _refusal(
    question: Question, status: int, headers: Mapping[str, str], body: bytes
) -> "CloudError | Setback":
    """Kubernetes answers with a Status object, of which only the number is told."""
    return setback_or_failure(question, status, headers, "")
