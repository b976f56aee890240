"""Every flag of `serve`, by its names and by its environment variables."""

import dataclasses
import pathlib
import re
import subprocess
import sys
from typing import Any

import click
import pytest
from crossplane.function import cli as sdk
from function_cdk8s import serve, standard_options

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flag:
    """A flag.

    Attributes:
        names: As it is given on the command line.
        variables: Its environment variables, the first winning over the others.
        default: Its value where neither is given.
        text: A value as text; None for a flag that takes none.
        value: What that is read as.
    """

    names: tuple[str, ...]
    variables: tuple[str, ...]
    default: object
    text: str | None
    value: object


OF_EVERY_FUNCTION = {
    "debug": Flag(names=("--debug", "-d"), variables=("DEBUG",), default=False, text=None, value=True),
    "address": Flag(
        names=("--address",),
        variables=("ADDRESS",),
        default="0.0.0.0:9443",
        text="127.0.0.1:80",
        value="127.0.0.1:80",
    ),
    "tls_certs_dir": Flag(
        names=("--tls-server-certs-dir", "--tls-certs-dir"),
        variables=("TLS_SERVER_CERTS_DIR",),
        default=None,
        text="/tls/server",
        value="/tls/server",
    ),
    "insecure": Flag(names=("--insecure",), variables=("INSECURE",), default=False, text=None, value=True),
    "max_recv_message_size": Flag(
        names=("--max-recv-message-size", "--max-grpc-message-size"),
        variables=("MAX_RECV_MESSAGE_SIZE", "MAX_GRPC_MESSAGE_SIZE"),
        default=4,
        text="16",
        value=16,
    ),
    "max_send_message_size": Flag(
        names=("--max-send-message-size",), variables=("MAX_SEND_MESSAGE_SIZE",), default=None, text="8", value=8
    ),
}
OURS = {
    "workers": Flag(names=("--workers",), variables=("WORKERS",), default=None, text="3", value=3),
    "queue": Flag(names=("--queue",), variables=("QUEUE",), default=256, text="9", value=9),
    "recycle_requests": Flag(
        names=("--recycle-requests",), variables=("RECYCLE_REQUESTS",), default=10000, text="50", value=50
    ),
    "recycle_age": Flag(names=("--recycle-age",), variables=("RECYCLE_AGE",), default=21600.0, text="90.5", value=90.5),
    "recycle_growth": Flag(names=("--recycle-growth",), variables=("RECYCLE_GROWTH",), default=64, text="7", value=7),
    "worker_memory": Flag(
        names=("--worker-memory",), variables=("WORKER_MEMORY",), default=None, text="300", value=300
    ),
    "node_heap": Flag(names=("--node-heap",), variables=("NODE_HEAP",), default=256, text="128", value=128),
    "cache_size": Flag(names=("--cache-size",), variables=("CACHE_SIZE",), default=32, text="0", value=0),
    "cache_check": Flag(names=("--cache-check",), variables=("CACHE_CHECK",), default=1.0, text="0.5", value=0.5),
    "verify_share": Flag(names=("--verify-share",), variables=("VERIFY_SHARE",), default=0.0, text="0.05", value=0.05),
    "debug_rate": Flag(names=("--debug-rate",), variables=("DEBUG_RATE",), default=1024, text="0", value=0),
    "grace": Flag(names=("--grace",), variables=("GRACE",), default=25.0, text="5", value=5.0),
    "connection_age": Flag(
        names=("--connection-age",), variables=("CONNECTION_AGE",), default=300.0, text="90", value=90.0
    ),
    "metrics_address": Flag(
        names=("--metrics-address",), variables=("METRICS_ADDRESS",), default=":8080", text="[::1]:81", value="[::1]:81"
    ),
    "otlp_endpoint": Flag(
        names=("--otlp-endpoint",),
        variables=("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        default=None,
        text="http://collector:4317",
        value="http://collector:4317",
    ),
}
FLAGS = OF_EVERY_FUNCTION | OURS
DEFAULTS = {name: flag.default for name, flag in FLAGS.items()}


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no variable of a flag set."""
    for flag in FLAGS.values():
        for variable in flag.variables:
            monkeypatch.delenv(variable, raising=False)


def read(*arguments: str) -> dict[str, Any]:
    """Return what `serve` reads its flags as."""
    return serve.command.make_context("serve", list(arguments)).params


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, spelling, id=spelling) for name, flag in FLAGS.items() for spelling in getattr(flag, kind)
    ]


def test_no_flag_is_untold() -> None:
    assert {option.name for option in serve.command.params if isinstance(option, click.Option)} == set(FLAGS)
    assert read() == DEFAULTS


@pytest.mark.parametrize(("name", "spelling"), cases("names"))
def test_a_flag(name: str, spelling: str) -> None:
    flag = FLAGS[name]

    assert read(spelling, *([] if flag.text is None else [flag.text])) == DEFAULTS | {name: flag.value}


@pytest.mark.parametrize(("name", "variable"), cases("variables"))
def test_the_variable_of_a_flag(name: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flag = FLAGS[name]
    monkeypatch.setenv(variable, "true" if flag.text is None else flag.text)

    assert read() == DEFAULTS | {name: flag.value}


def test_a_flag_wins_over_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE", "5")
    monkeypatch.setenv("MAX_RECV_MESSAGE_SIZE", "16")
    monkeypatch.setenv("MAX_GRPC_MESSAGE_SIZE", "32")

    assert read("--queue=6") == DEFAULTS | {"queue": 6, "max_recv_message_size": 16}


def test_the_readme_has_them_all() -> None:
    table = re.findall(r"^\| `(--[a-z-]+)` \| `([A-Z_]+)` \| .+ \| (.+) \|$", README, flags=re.MULTILINE)
    shown = {
        "workers": "the CPU quota, rounded up; without one the processors, up to 4",
        "worker_memory": "its share of the [memory limit](../../docs/how-to/deployment.md#memory), 128 to 512",
        "metrics_address": "`:8080`",
        "otlp_endpoint": "none",
    }

    assert table == [
        (*flag.names, flag.variables[-1], shown.get(name) or f"{flag.default:g}") for name, flag in OURS.items()
    ]
    for flag in OF_EVERY_FUNCTION.values():
        assert f"`{flag.names[0]}`" in README


def test_the_standard_options_are_the_sdks() -> None:
    def command(**_: object) -> None:
        """Take all options."""

    def infos(add: Any) -> list[dict[str, Any]]:
        return [option.to_info_dict() for option in click.command()(add(command)).params]

    assert len(infos(sdk.standard_options)) == len(OF_EVERY_FUNCTION)
    assert infos(standard_options.add) == infos(sdk.standard_options)


def test_workers_start_before_what_only_the_server_needs_is_imported() -> None:
    code = """
import sys
from function_cdk8s import serve
print(sorted({"google.protobuf", "grpc", "prometheus_client", "pydantic", "uvloop"} & sys.modules.keys()))
"""
    said = subprocess.run([sys.executable, "-c", code], check=True, text=True, stdout=subprocess.PIPE).stdout

    assert said == "[]\n"
