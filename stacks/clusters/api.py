"""The nodes and pods of one member, asked of its API."""

import base64
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from broker.domain.errors import AccessDenied, Unavailable
from broker.domain.members import Member
from stacks.clusters.pods import Pod
from stacks.clusters.tokens import library_missing
from stacks.clusters.unknown import work_unknown

Read = TypeVar("Read")

PAGE = 500
"""Objects per page, as kubectl asks for."""

SECONDS = (5.0, 30.0)
"""To be connected, and to be answered: a private API that is out of reach answers nothing at all."""

TOKEN_NAMES = ("BearerToken", "authorization")
"""Under which of them the client looks for a token: since 36.0 under the first, before under the other
(github.com/kubernetes-client/python/issues/2582); where it finds none, it asks as nobody."""

ATTEMPTS = 3
EXTRA = "kubernetes"
GONE = 410
REFUSED = frozenset({401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where the API of a member is, by which authority it is known (PEM), and our token for it."""

    server: str
    authority: bytes
    token: str


@contextmanager
def asking(member: Member, door: Door) -> Iterator["MemberApi"]:
    """The API behind *door*; raises UsageInvalid without the library."""
    try:
        from kubernetes import client  # noqa: PLC0415  # a second
    except ImportError as error:
        raise library_missing(EXTRA) from error
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(door.authority)
        file.flush()
        settings: Any = client.Configuration()
        settings.host = door.server
        settings.ssl_ca_cert = file.name
        settings.api_key = dict.fromkeys(TOKEN_NAMES, f"Bearer {door.token}")
        settings.retries = ATTEMPTS - 1
        with client.ApiClient(settings) as connection:
            yield MemberApi(member, client.CoreV1Api(connection))


class MemberApi:
    """Lists of one member; raises CloudError."""

    def __init__(self, member: Member, core: Any) -> None:
        self._member = member
        self._core = core

    def pools_of_nodes(self, label: str) -> dict[str, str]:
        """The value of *label* on each node that has it."""

        def read(node: Any) -> tuple[str, str]:
            return node.metadata.name, node.metadata.labels[label]

        return dict(self._all(self._core.list_node, read, label_selector=label))

    def pods(self) -> list[Pod]:
        """Every pod that has a node and has not ended."""
        selector = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"
        listing = self._core.list_pod_for_all_namespaces
        return self._all(listing, _pod, field_selector=selector)

    def _all(
        self, listing: Callable[..., Any], read: Callable[[Any], Read], **selecting: str
    ) -> list[Read]:
        """All pages; from the beginning again if the list has grown too old meanwhile."""
        from kubernetes.client import ApiException  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        for attempt in range(ATTEMPTS):
            try:
                return [read(item) for item in _pages(listing, selecting)]
            except ApiException as error:
                if error.status == GONE and attempt < ATTEMPTS - 1:
                    continue
                kind = AccessDenied if error.status in REFUSED else Unavailable
                raise work_unknown(kind, self._member, f"Its API answers {error.status}.") from None
            except HTTPError as error:
                why = type(getattr(error, "reason", None) or error).__name__
                raise work_unknown(Unavailable, self._member, f"No answer: {why}.") from None
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                why = f"Its API answers nonsense: {type(error).__name__}."
                raise work_unknown(Unavailable, self._member, why) from None
        raise work_unknown(Unavailable, self._member, "Its lists end too soon, each time.")


def _pod(pod: Any) -> Pod:
    metadata = pod.metadata
    return Pod(
        namespace=metadata.namespace,
        node=pod.spec.node_name or "",
        phase=pod.status.phase or "",
        owners=tuple(owner.kind for owner in metadata.owner_references or ()),
        annotations=frozenset(metadata.annotations or ()),
    )


def _pages(listing: Callable[..., Any], selecting: dict[str, str]) -> Iterator[Any]:
    after: dict[str, str] = {}
    while True:
        page = listing(limit=PAGE, _request_timeout=SECONDS, **selecting, **after)
        yield from page.items
        token = page.metadata._continue  # noqa: SLF001  # so it is called: the word is Python's
        if not token:
            return
        after = {"_continue": token}


def authority_of(told: object) -> bytes:
    """The authority in PEM, from an output of a stack; raises ValueError."""
    return base64.b64decode(str(told), validate=True)
