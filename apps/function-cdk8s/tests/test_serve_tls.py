"""The served function over mutual TLS, as Crossplane's package manager sets it up."""

import contextlib
import pathlib
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

Serve = Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], int]]]

SECONDS = 60
NAME = "function.example.org"


class Authority:
    """A certificate authority, and a server and a client it knows."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority", "-out", "ca.crt",
            "-keyout", "ca.key",
        )  # fmt: skip
        for name in ("server", "client"):
            self._sign(name)

    def write_server_files(self, folder: pathlib.Path) -> None:
        """Write what a function's Secret holds."""
        for name, file in (("tls.key", "server.key"), ("tls.crt", "server.crt"), ("ca.crt", "ca.crt")):
            (folder / name).write_bytes(self.read(file))

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _sign(self, name: str) -> None:
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{NAME}\n", encoding="utf-8")
        self._openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
            f"{name}.csr",
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", extensions.name, "-out", f"{name}.crt",
        )  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(("openssl", *arguments), cwd=self.folder, check=True, capture_output=True, timeout=SECONDS)


def health(channel: grpc.Channel) -> int:
    """Return the health a server reports; the stubs have no types."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS).status


def check(port: int, *, trusted: Authority, client: Authority | None) -> int:
    """Return the health a client is told."""
    credentials = grpc.ssl_channel_credentials(
        trusted.read("ca.crt"),
        client.read("client.key") if client else None,
        client.read("client.crt") if client else None,
    )
    options = [("grpc.ssl_target_name_override", NAME), ("grpc.use_local_subchannel_pool", 1)]
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
        return health(channel)


def refused(port: int, *, trusted: Authority, client: Authority | None) -> bool:
    try:
        check(port, trusted=trusted, client=client)
    except grpc.RpcError as error:
        return error.code() == grpc.StatusCode.UNAVAILABLE
    return False


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_mutual_tls_and_replaced_certificates(serve: Serve, tmp_path: pathlib.Path) -> None:
    first, second = Authority(tmp_path / "first"), Authority(tmp_path / "second")
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
