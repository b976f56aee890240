"""The options of every Crossplane function, as `crossplane.function.cli` of the SDK has them.

The SDK's module imports gRPC, which `serve` needs only once its workers start.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--max-send-message-size",
        type=int,
        default=None,
        envvar="MAX_SEND_MESSAGE_SIZE",
        help="Maximum size of sent gRPC messages in MB. Defaults to --max-recv-message-size.",
    ),
    click.option(
        "--max-recv-message-size",
        "--max-grpc-message-size",
        type=int,
        default=4,
        show_default=True,
        envvar=["MAX_RECV_MESSAGE_SIZE", "MAX_GRPC_MESSAGE_SIZE"],
        help="Maximum size of received gRPC messages in MB.",
    ),
    click.option(
        "--insecure",
        is_flag=True,
        envvar="INSECURE",
        help="Run without mTLS credentials. If you supply this flag --tls-server-certs-dir will be ignored.",
    ),
    click.option(
        "--tls-server-certs-dir",
        "--tls-certs-dir",
        "tls_certs_dir",
        envvar="TLS_SERVER_CERTS_DIR",
        help="Serve using mTLS certificates.",
    ),
    click.option(
        "--address",
        default="0.0.0.0:9443",
        show_default=True,
        envvar="ADDRESS",
        help="Address at which to listen for gRPC connections.",
    ),
    click.option("--debug", "-d", is_flag=True, envvar="DEBUG", help="Emit debug logs."),
)


def add(function: _Function) -> _Function:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
