"""Objects in a bucket of Google Cloud Storage, by its JSON interface.

The bucket should keep versions, and let nobody read but those who change the fleet. The SDK's own
credentials lead to it (GOOGLE_APPLICATION_CREDENTIALS, a service account, gcloud);
STORAGE_EMULATOR_HOST leads to what stands in for it, without credentials.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote

from broker.domain.errors import AccessDenied, CloudError, NotFound, RateLimited, Unavailable
from broker.ports.objects import Objects, Stored
from stacks.objects.refusals import AbsentError, ChangedError, library_missing, parts_of, refused

KIND = "gs"
EXTRA = "gcp"
SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"

SECONDS = (5.0, 30.0)
REFRESH_SECONDS = 10.0

RETRIES = 6
BACKOFF_SECONDS = 0.5
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
"""Worth asking again; one name is written once a second at most
(cloud.google.com/storage/docs/objects#immutability), which a fleet's state is sometimes too fast for."""

GENERATION = "x-goog-generation"

UNAUTHORIZED, FORBIDDEN, ABSENT, CHANGED, THROTTLED = 401, 403, 404, 412, 429


class GoogleObjects:
    """Objects below *address* (`gs://bucket/prefix`); raises UsageInvalid if it is none."""

    def __init__(self, address: str, environment: Mapping[str, str] = os.environ) -> None:
        self._bucket, self._prefix = parts_of(address, KIND)
        emulator = environment.get("STORAGE_EMULATOR_HOST", "").rstrip("/")
        self._is_real = not emulator
        if emulator and "://" not in emulator:
            emulator = f"http://{emulator}"
        self._host = emulator or "https://storage.googleapis.com"

    @property
    def address(self) -> str:
        """Without a slash at the end."""
        return f"{KIND}://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, name: str) -> Stored | None:
        """Google's storage is strongly consistent: what was written before is seen."""
        try:
            told = self._asked("GET", self._object(name), {"alt": "media"})
        except AbsentError:
            self._check_bucket()
            return None
        return Stored(content=told.content, version=self._version(told.headers, GENERATION))

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """By ifGenerationMatch, 0 for an object that is not there."""
        query = {
            "uploadType": "media",
            "name": self._prefix + name,
            "ifGenerationMatch": expected or "0",
        }
        url = f"{self._host}/upload/storage/v1/b/{quote(self._bucket, safe='')}/o"
        try:
            told = self._object_in(self._asked("POST", url, query, content))
        except ChangedError:
            return None
        except AbsentError:
            self._check_bucket()
            return None
        return self._version(told, "generation")

    def names(self, beginning: str) -> Sequence[str]:
        """In pages of 1,000."""
        found: list[str] = []
        query = {"prefix": self._prefix + beginning, "fields": "items(name),nextPageToken"}
        while True:
            page = self._listed(query)
            found += (item["name"] for item in page.get("items", ()))
            if not page.get("nextPageToken"):
                return sorted(name.removeprefix(self._prefix) for name in found)
            query["pageToken"] = page["nextPageToken"]

    def remove(self, name: str) -> None:
        """An object that was not there is told of, and is no failure."""
        try:
            self._asked("DELETE", self._object(name), {})
        except AbsentError:
            self._check_bucket()

    def _object(self, name: str) -> str:
        return f"{self._objects}/{quote(self._prefix + name, safe='')}"

    @property
    def _objects(self) -> str:
        return f"{self._host}/storage/v1/b/{quote(self._bucket, safe='')}/o"

    def _check_bucket(self) -> None:
        """Tell a bucket that is not there from an object: both are answered alike."""
        self._listed({"maxResults": "1", "fields": "nextPageToken"})

    def _listed(self, query: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            return self._object_in(self._asked("GET", self._objects, query))
        except AbsentError:
            raise refused(NotFound, self.address, "404") from None

    def _object_in(self, answer: Any) -> Mapping[str, Any]:
        with self._translated():
            told = answer.json()
        if not isinstance(told, Mapping):
            raise self._nonsense()
        return told

    def _version(self, told: Mapping[str, Any], name: str) -> str:
        """The generation; what answers without one is no storage, but a proxy that wants a login."""
        if name not in told:
            raise self._nonsense()
        return str(told[name])

    def _nonsense(self) -> CloudError:
        return refused(Unavailable, self.address, "It answers nonsense.")

    def _asked(
        self, method: str, url: str, query: Mapping[str, str], content: bytes | None = None
    ) -> Any:
        with self._translated():
            answer = self._session.request(
                method,
                url,
                params=query,
                data=content,
                headers={"Content-Type": "application/octet-stream"},
                timeout=SECONDS,
            )
            if answer.ok:
                return answer
        raise failure(self.address, answer.status_code)

    @cached_property
    def _session(self) -> Any:
        try:
            import requests  # noqa: PLC0415
            from google.auth import default  # noqa: PLC0415
            from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415
            from requests.adapters import HTTPAdapter  # noqa: PLC0415
            from urllib3 import Retry  # noqa: PLC0415
        except ImportError as error:
            raise library_missing(self.address, EXTRA) from error
        session: Any = requests.Session()
        if self._is_real:
            credentials: Any = default(scopes=[SCOPE])[0]
            session = AuthorizedSession(credentials, refresh_timeout=REFRESH_SECONDS)
        session.trust_env = self._is_real  # a proxy does not lead to this computer
        retry = Retry(
            total=RETRIES,
            backoff_factor=BACKOFF_SECONDS,
            status_forcelist=AGAIN,
            allowed_methods=None,  # each write has its condition
            raise_on_status=False,
        )
        session.mount(self._host, HTTPAdapter(max_retries=retry))
        return session

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            from google.auth.exceptions import GoogleAuthError, TransportError  # noqa: PLC0415
            from requests import RequestException  # noqa: PLC0415
        except ImportError as error:
            raise library_missing(self.address, EXTRA) from error
        try:
            yield
        except (TransportError, RequestException) as error:
            raise refused(Unavailable, self.address, type(error).__name__) from None
        except (GoogleAuthError, OSError, ValueError) as error:
            # No credentials, or a file that can not be opened or is of another sort than it says.
            raise refused(AccessDenied, self.address, type(error).__name__) from None


_: type[Objects] = GoogleObjects


def failure(address: str, status: int) -> Exception:
    """What an answer with that *status* means: a CloudError, or one of ours."""
    if status == CHANGED:
        return ChangedError()
    if status == ABSENT:
        return AbsentError()
    if status in {UNAUTHORIZED, FORBIDDEN}:
        return refused(AccessDenied, address, f"It answers {status}.")
    kind: type[CloudError] = RateLimited if status == THROTTLED else Unavailable
    return refused(kind, address, f"It answers {status}.")
