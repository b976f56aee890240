"""The part of PowerDNS' HTTP API that the sidecar needs."""

import dataclasses
import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any

SERVER = "/api/v1/servers/localhost"

UNPROCESSABLE = 422
"""Status with which PowerDNS refuses a change for its content."""


class UnreachableError(Exception):
    """PowerDNS did not respond in time."""


@dataclasses.dataclass(frozen=True)
class Response:
    """A response of the API.

    Attributes:
        status: Its HTTP status.
        body: Its body.
        content_type: The body's type.
    """

    status: int
    body: bytes
    content_type: str = "application/json"

    @property
    def is_good(self) -> bool:
        """Whether PowerDNS made the change."""
        return self.status < http.client.BAD_REQUEST

    @property
    def reason(self) -> str:
        """PowerDNS' error message."""
        try:
            return str(json.loads(self.body)["error"])
        except (ValueError, TypeError, KeyError):
            return f"HTTP {self.status}"

    def json(self) -> Any:  # noqa: ANN401  # JSON.
        """Return what the body says, None if it is empty.

        Raises:
            RefusedError: If PowerDNS refused the request.
        """
        if not self.is_good:
            raise RefusedError(self)
        return json.loads(self.body) if self.body else None


class RefusedError(Exception):
    """PowerDNS refuses a call for another reason than the content of a change.

    Args:
        response: PowerDNS' response.
    """

    def __init__(self, response: Response) -> None:
        """Keep the response."""
        super().__init__(response.reason)
        self.response = response


@dataclasses.dataclass(frozen=True, kw_only=True)
class Api:
    """The API of one PowerDNS.

    Attributes:
        host: Host it listens on.
        port: Its port.
        key: The API key.
        timeout_seconds: Longest time to wait for a response.
        on_change: Called with the response to each change of record sets.
    """

    host: str
    port: int
    key: str
    timeout_seconds: float
    on_change: Callable[[Response], None] = lambda _: None

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Return the response to one request, made with the caller's own headers.

        Raises:
            UnreachableError: If there is none in time.
        """
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_seconds)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            content_type = response.headers.get("Content-Type", "application/json")
            answer = Response(response.status, response.read(), content_type)
        except (OSError, http.client.HTTPException) as error:
            msg = f"PowerDNS' API does not respond: {error}"
            raise UnreachableError(msg) from error
        finally:
            connection.close()
        if method == "PATCH":
            self.on_change(answer)
        return answer

    def send(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Response:
        """Return the response to a request that the sidecar makes itself.

        Args:
            method: The HTTP method.
            path: The path below the server.
            fields: The body.

        Raises:
            UnreachableError: If there is none in time.
        """
        body = None if fields is None else json.dumps(fields).encode()
        return self.call(method, SERVER + path, {"X-API-Key": self.key, "Content-Type": "application/json"}, body)
