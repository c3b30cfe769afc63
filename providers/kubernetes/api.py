"""Reading lists of a cluster's API, with the credentials that kubeconfig names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from providers.calls.effort import Effort
from providers.calls.failures import Question
from providers.calls.json_reader import JsonReader
from providers.calls.pages import pages
from providers.kubernetes.errors import no_way, refusal

if TYPE_CHECKING:
    from requests import Session

Payload = Mapping[str, Any]

PAGE = 500
"""Objects per page, as kubectl asks for."""


@contextmanager
def asking(context: str, kubeconfig: str | None, effort: Effort) -> Iterator["ClusterApi"]:
    """The API of the cluster of *context*, within *effort*; its connections end with the block."""
    url, session = _session(context, kubeconfig, effort.question)
    with session:
        yield ClusterApi(url, JsonReader(session, effort, refusal), effort.question)


class ClusterApi:
    """Lists of one cluster, for one thread; raises CloudError."""

    def __init__(self, url: str, reader: JsonReader, question: Question) -> None:
        self._url = url
        self._reader = reader
        self._question = question

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

        for page in pages(read, self._question):
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
        raise no_way(question, error) from None
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
