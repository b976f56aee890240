"""One API server for all tests here, and a pod for whoever asks."""

import copy
import os
import pathlib
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import pytest
import yaml
from cdk8s_function.testing import Reconcile, scenario
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from node import cluster, containers, network, rootfs  # The tests' own package, beside this file.
from server import Server

Serve = Callable[..., Server]

ACCESS = cluster.ACCESS
_TOOLS = ("ip", "nsenter", "openssl", "setpriv", "unshare")


_TOGETHER = ("test_api.py", "test_poison.py")
"""Files whose tests share what they start."""


class _Scheduling(LoadScopeScheduling):
    """Each test by itself to the process that is free, but for those that share what they start."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(_TOGETHER) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _Scheduling(config, log)


def pytest_configure() -> None:
    # Whoever stops the tests stops what they started.
    signal.signal(signal.SIGTERM, _stop)


def _missing() -> str:
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs root on Linux, for network and mount namespaces"
    lacking = [tool for tool in _TOOLS if not shutil.which(tool)]
    return f"needs {', '.join(lacking)}" if lacking else ""


def _stop(number: int, frame: object) -> None:
    del number, frame
    pytest.exit("stopped by SIGTERM")


@pytest.fixture(scope="session")
def net() -> Iterator[network.Network]:
    if reason := _missing():
        pytest.skip(reason)
    made = network.Network()
    yield made
    made.close()


@pytest.fixture(scope="session")
def api_server(net: network.Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    made = cluster.Cluster(net, tmp_path_factory.mktemp("cluster"))
    made.grant()
    yield made
    made.close()


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> containers.Images:
    try:
        powerdns = rootfs.powerdns()
    except rootfs.UnavailableError as error:
        pytest.skip(str(error))
    assert rootfs.version(powerdns).startswith("5.")
    return containers.Images(
        powerdns=powerdns,
        external_dns=pathlib.Path(cluster.executable("external-dns")),
        folder=tmp_path_factory.mktemp("images"),
    )


@pytest.fixture
def serve(request: pytest.FixtureRequest, serve_in: Callable[..., Server], tmp_path: pathlib.Path) -> Iterator[Serve]:
    """Return a function that makes an InternalDNS and runs its pod, for one test."""
    yield from _serving(request, serve_in, tmp_path, "dns")


@pytest.fixture(scope="module")
def serve_module(
    request: pytest.FixtureRequest, serve_in: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serve]:
    """Return a function that makes an InternalDNS and runs its pod, for the tests of one module."""
    yield from _serving(request, serve_in, tmp_path_factory.mktemp("module"), "shared")


@pytest.fixture(scope="session")
def compose() -> Callable[..., Reconcile]:
    """Return a function that composes an InternalDNS once, beside its objects in the cluster."""

    def run(xr: Mapping[str, object], observed: Mapping[str, Mapping[str, object]]) -> Reconcile:
        return scenario("internal-dns", xr, observed=observed).last

    return run


@pytest.fixture(scope="session")
def serve_in(
    api_server: cluster.Cluster, net: network.Network, images: containers.Images, compose: Callable[..., Reconcile]
) -> Callable[..., Server]:
    def run(folder: pathlib.Path, name: str, spec: Mapping[str, object]) -> Server:
        return Server(
            cluster=api_server,
            network=net,
            images=images,
            compose=compose,
            folder=folder / name,
            name=name,
            spec=spec,
        )

    return run


@pytest.fixture
def compose_in(
    api_server: cluster.Cluster, net: network.Network, compose: Callable[..., Reconcile], tmp_path: pathlib.Path
) -> Iterator[Serve]:
    """Return a function that makes an InternalDNS without running its pod."""
    made: list[Server] = []

    def run(**spec: object) -> Server:
        server = Server(
            cluster=api_server,
            network=net,
            images=None,
            compose=compose,
            folder=tmp_path,
            name=f"composed{len(made)}",
            spec=spec,
        )
        made.append(server)
        return server

    yield run
    for server in made:
        server.close()


@pytest.fixture(scope="module")
def crd(api_server: cluster.Cluster) -> Iterator[None]:
    """Install the CRD that Crossplane makes of the XRD, as far as a spec, conditions and columns go."""
    xrd = yaml.safe_load((ACCESS.parent / "package/apis/internaldns/definition.yaml").read_text(encoding="utf-8"))
    versions = copy.deepcopy(xrd["spec"]["versions"])
    for version in versions:
        version["storage"] = version.pop("referenceable")
        version["subresources"] = {"status": {}}
        version["additionalPrinterColumns"] += _COLUMNS
        properties = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
        properties["conditions"] = {"type": "array", "x-kubernetes-preserve-unknown-fields": True}
        properties["conditions"]["items"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    names = {**xrd["spec"]["names"], "listKind": f"{xrd['spec']['names']['kind']}List"}
    made: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": xrd["metadata"],
        "spec": {"scope": xrd["spec"]["scope"], "group": xrd["spec"]["group"], "names": names, "versions": versions},
    }
    api_server.apply(made)
    api_server.kubectl("wait", "--for=condition=Established", "crd", made["metadata"]["name"], "--timeout=30s")
    yield
    api_server.kubectl("delete", "crd", made["metadata"]["name"])


def _condition(type_: str) -> str:
    return f".status.conditions[?(@.type=='{type_}')].status"


_COLUMNS = [
    {"name": "SYNCED", "type": "string", "jsonPath": _condition("Synced")},
    {"name": "READY", "type": "string", "jsonPath": _condition("Ready")},
    # In place of the field that Crossplane adds to the spec.
    {"name": "COMPOSITION", "type": "string", "jsonPath": ".metadata.labels.composition"},
    {"name": "AGE", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]
"""Crossplane's own columns, after the XRD's (crossplane-runtime v2.3, pkg/xcrd/schemas.go)."""


@pytest.fixture
def gateway_api(api_server: cluster.Cluster) -> None:
    """Install the Gateway API that external-dns is built with, and let its sources be read."""
    crds = cluster.module_folder("external-dns", "sigs.k8s.io/gateway-api") / "config/crd/standard"
    for kind in ("gateways", "httproutes"):
        api_server.kubectl("apply", "--server-side", f"--filename={crds}/gateway.networking.k8s.io_{kind}.yaml")
    api_server.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    api_server.kubectl("apply", f"--filename={ACCESS}/gateway-sources.yaml")


def _serving(
    request: pytest.FixtureRequest, serve_in: Callable[..., Server], folder: pathlib.Path, name: str
) -> Iterator[Serve]:
    made: list[Server] = []

    def run(**spec: object) -> Server:
        server = serve_in(folder, f"{name}{len(made) or ''}", spec)
        made.append(server)
        return server

    yield run
    for server in made:
        if request.node.stash.get(_FAILED, False):
            print(server.logs())
        server.close()
    if made:
        made[0].cluster.kubectl("delete", "ingress", "--all", "--all-namespaces")


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        if item.parent:
            item.parent.stash[_FAILED] = True
    return report
