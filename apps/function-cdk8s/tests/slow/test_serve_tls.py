"""The served function over mutual TLS, as Crossplane's package manager sets it up."""

import contextlib
import pathlib
import subprocess
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc

Serve = Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], int]]]

SECONDS = 60
NAME = "function.example.org"


class Authority:
    """A certificate authority, and a server and a client it knows."""

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self._server = self._authority.issue_cert(NAME)
        self._client = self._authority.issue_cert("crossplane.example.org")

    def write_server_files(self, folder: pathlib.Path) -> None:
        """Write what a function's Secret holds."""
        (folder / "tls.key").write_bytes(self._server.private_key_pem.bytes())
        (folder / "tls.crt").write_bytes(self._server.cert_chain_pems[0].bytes())
        (folder / "ca.crt").write_bytes(self._authority.cert_pem.bytes())

    def credentials(self, client: "Authority | None") -> grpc.ChannelCredentials:
        """Return the credentials of a client that trusts this authority, with a certificate of another."""
        return grpc.ssl_channel_credentials(
            self._authority.cert_pem.bytes(),
            client._client.private_key_pem.bytes() if client else None,
            client._client.cert_chain_pems[0].bytes() if client else None,
        )


def health(channel: grpc.Channel) -> int:
    """Return the health a server reports; the stubs have no types."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS).status


def check(port: int, *, trusted: Authority, client: Authority | None) -> int:
    """Return the health that a client sees."""
    options = [("grpc.ssl_target_name_override", NAME), ("grpc.use_local_subchannel_pool", 1)]
    with grpc.secure_channel(f"127.0.0.1:{port}", trusted.credentials(client), options) as channel:
        return health(channel)


def refused(port: int, *, trusted: Authority, client: Authority | None) -> bool:
    try:
        check(port, trusted=trusted, client=client)
    except grpc.RpcError as error:
        return error.code() == grpc.StatusCode.UNAVAILABLE
    return False


def test_mutual_tls_and_replaced_certificates(serve: Serve, tmp_path: pathlib.Path) -> None:
    first, second = Authority(), Authority()
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    first.write_server_files(certificates)

    with serve("--workers=1", env={"TLS_SERVER_CERTS_DIR": str(certificates)}) as (_, port):
        assert check(port, trusted=first, client=first) in health_pb2.HealthCheckResponse.ServingStatus.values()
        assert refused(port, trusted=first, client=None)
        assert refused(port, trusted=first, client=second)
        assert refused(port, trusted=second, client=second)

        second.write_server_files(certificates)

        end = time.monotonic() + SECONDS
        while refused(port, trusted=second, client=second):
            assert time.monotonic() < end
        assert refused(port, trusted=first, client=first)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError):
            health(channel)
