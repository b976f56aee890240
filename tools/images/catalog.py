"""The images of this project: its own, and stand-ins for images of others that a test cannot pull."""

import functools
import tomllib

from release.published import REGISTRY

from images import charts, debian, kind, kubernetes, parts, programs, python, resolved, workspace
from images.archive import Config
from images.charts import ChartLibrary
from images.debian import Lock
from images.image import Image
from images.workspace import BuildError

_CROSSPLANE = "github.com/crossplane/crossplane/v2"
_LOCAL_PATH = "github.com/rancher/local-path-provisioner"
_SOURCE = ("org.opencontainers.image.source", "https://github.com/function-cdk8s/function-cdk8s")
_LICENCE = ("org.opencontainers.image.licenses", "Apache-2.0")

_SOURCES = """\
Types: deb
URIs: {archive}
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp
"""
"""Where an image of Debian has packages from, in docker.io/library/debian's form: here the host's archive."""


def names() -> list[str]:
    """Return the names of all images."""
    return sorted(_IMAGES)


@functools.cache
def find(name: str) -> Image:
    """Return an image.

    Raises:
        BuildError: If there is none of that name.
    """
    if name not in _IMAGES:
        msg = f'no image is called "{name}": there are {", ".join(names())}'
        raise BuildError(msg)
    return _IMAGES[name]()


def _version(member: str) -> str:
    project = tomllib.loads((workspace.ROOT / member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"v{project['version']}"


def _lock(name: str) -> Lock:
    return resolved.lock(name, workspace.architecture())


def _function_config() -> Config:
    return Config(
        entrypoint=[f"/{python.HOME}/bin/function-cdk8s", "serve"],
        environment=[
            f"PATH=/{python.HOME}/bin:/usr/bin:/bin",
            "LANG=C.UTF-8",
            "PYTHONDONTWRITEBYTECODE=1",
            f"CHARTS_DIR=/{python.CHARTS}",
        ],
        user=f"{parts.NONROOT[1]}:{parts.NONROOT[1]}",
        ports=["8080/tcp", "9443/tcp"],
        labels=(_LICENCE, _SOURCE),
    )


def _function() -> Image:
    return Image(
        name="function-cdk8s",
        summary="the function: Debian's Python, the packages of uv.lock, function-cdk8s",
        layers=parts.function(),
        config=_function_config(),
        version=_version("apps/function-cdk8s"),
        repositories=[f"{REGISTRY}/function-cdk8s-runtime"],
        stands_in=False,
    )


def _function_with(library: ChartLibrary) -> Image:
    return Image(
        name=library.function,
        summary=f"the function with the {library.chart} chart in it",
        layers=[*parts.function(), parts.chart(library.name, path=f"{python.CHARTS}/{library.chart}")],
        config=_function_config(),
        version=_version(library.folder),
        repositories=[f"{library.registry}/{library.function}-runtime"],
        stands_in=False,
    )


def _chart(library: ChartLibrary) -> Image:
    return Image(
        name=library.image,
        summary=f"the {library.chart} chart alone, to mount into the function as an image volume",
        layers=[parts.chart(library.name, path="")],
        config=Config(environment=(), labels=(_LICENCE, _SOURCE)),
        version=_version(library.folder),
        repositories=[f"{library.registry}/{library.image}"],
        stands_in=False,
    )


def _powerdns() -> Image:
    version = _lock("powerdns").version("pdns-server")
    user = ("pdns", 953)
    return Image(
        name="powerdns",
        summary="Debian's pdns-server with the SQLite backend, and Python",
        layers=[parts.debian("powerdns", user=user, folders=("var/lib/powerdns", "run/pdns", "var/run/pdns"))],
        config=Config(entrypoint=["/usr/sbin/pdns_server"], user=str(user[1])),
        version=version,
        repositories=[f"docker.io/powerdns/pdns-auth-{''.join(version.split('.')[:2])}"],
    )


def _dns_client() -> Image:
    return Image(
        name="dns-client",
        summary="Debian's dig and dnsperf, Python and busybox, for tests inside a cluster",
        layers=[parts.debian("dns-client")],
        config=Config(entrypoint=["/usr/bin/sleep"], arguments=["infinity"], user=str(parts.NONROOT[1])),
        version=_lock("dns-client").version("dnsperf"),
        repositories=["localhost/dns-client"],
    )


def _python() -> Image:
    return Image(
        name="python",
        summary="Debian's Python, pip and apt: the base of the function's Dockerfile",
        layers=[
            parts.debian("python"),
            parts.installed(
                links={"usr/bin/awk": "gawk", "usr/bin/which": "which.debianutils"},
                texts={
                    "etc/apt/sources.list.d/debian.sources": _SOURCES.format(archive=debian.host_archive()),
                    "var/lib/dpkg/status": "",
                },
            ),
        ],
        config=Config(arguments=["python3"]),
        version=_lock("python").version("python3.13"),
        repositories=["docker.io/library/python"],
    )


def _docker() -> Image:
    return Image(
        name="docker",
        summary="Debian's Docker daemon, client and buildx: the root that bin/with-docker runs them in",
        layers=[
            parts.debian("docker"),
            parts.packet_filters(),
        ],
        config=Config(entrypoint=["/usr/sbin/dockerd"]),
        version=_lock("docker").version("docker.io").partition("+")[0],
        repositories=["docker.io/library/docker"],
    )


def _busybox() -> Image:
    return Image(
        name="busybox",
        summary="Debian's busybox-static",
        layers=[parts.busybox()],
        config=Config(arguments=["sh"]),
        version=_lock("busybox").version("busybox-static"),
        repositories=["docker.io/library/busybox"],
    )


def _pause() -> Image:
    return Image(
        name="pause",
        summary="a program of tools/images that does what registry.k8s.io/pause does",
        layers=[parts.pause()],
        config=Config(entrypoint=["/pause"], user="65535:65535"),
        version="3.10.2",
        repositories=["registry.k8s.io/pause"],
    )


def _external_dns() -> Image:
    return Image(
        name="external-dns",
        summary="bin/external-dns",
        layers=[parts.program("external-dns", "ko-app/external-dns")],
        config=Config(entrypoint=["/ko-app/external-dns"], user=str(parts.NOBODY[1])),
        version=programs.version("external-dns", "sigs.k8s.io/external-dns"),
        repositories=["registry.k8s.io/external-dns/external-dns"],
    )


def _contour() -> Image:
    return Image(
        name="contour",
        summary="bin/contour",
        layers=[parts.program("contour", "bin/contour")],
        config=Config(entrypoint=["/bin/contour"], user=str(parts.NONROOT[1])),
        version=programs.version("contour", "github.com/projectcontour/contour"),
        repositories=["ghcr.io/projectcontour/contour"],
    )


def _coredns() -> Image:
    version = programs.version("coredns", "github.com/coredns/coredns")
    return Image(
        name="coredns",
        summary="bin/coredns",
        layers=[parts.program("coredns", "coredns")],
        config=Config(entrypoint=["/coredns"], user=str(parts.NONROOT[1]), ports=["53/tcp", "53/udp"]),
        version=version,
        repositories=["registry.k8s.io/coredns/coredns"],
    )


def _k8s_gateway() -> Image:
    return Image(
        name="k8s-gateway",
        summary="bin/k8s-gateway, for internal-dns-xp:compare",
        layers=[parts.program("k8s-gateway", "coredns")],
        config=Config(entrypoint=["/coredns"], user=str(parts.NONROOT[1]), ports=["1053/udp"]),
        version=programs.version("k8s-gateway", "github.com/k8s-gateway/k8s_gateway"),
        repositories=["localhost/k8s-gateway"],
    )


def _k8s_nameserver() -> Image:
    return Image(
        name="k8s-nameserver",
        summary="bin/k8s-nameserver, for internal-dns-xp:compare",
        layers=[parts.program("k8s-nameserver", "k8s-nameserver")],
        config=Config(entrypoint=["/k8s-nameserver"], user=str(parts.NONROOT[1]), ports=["1053/udp"]),
        version=programs.version("tailscale", "tailscale.com"),
        repositories=["localhost/k8s-nameserver"],
    )


def _local_path_provisioner() -> Image:
    return Image(
        name="local-path-provisioner",
        summary="bin/local-path-provisioner",
        layers=[parts.program("local-path-provisioner", "usr/bin/local-path-provisioner")],
        config=Config(arguments=["local-path-provisioner"]),
        version=programs.version("local-path-provisioner", _LOCAL_PATH),
        repositories=["docker.io/rancher/local-path-provisioner"],
    )


def _crossplane() -> Image:
    return Image(
        name="crossplane",
        summary="bin/crossplane-core with the CRDs of its module",
        layers=[parts.crossplane(_CROSSPLANE)],
        config=Config(entrypoint=["/bin/crossplane"], user=str(parts.NONROOT[1]), ports=["8080/tcp"]),
        version=programs.version("crossplane-core", _CROSSPLANE),
        repositories=["xpkg.crossplane.io/crossplane/crossplane"],
    )


def _kind_node() -> Image:
    brought = ("coredns", "etcd", "local-path-provisioner", "pause", *_CONTROL_PLANE)
    return kind.node({**{name: _IMAGES[name] for name in brought}, "local-path-helper": _busybox})


_CONTROL_PLANE = {
    "kube-apiserver": kubernetes.api_server,
    "kube-controller-manager": kubernetes.controller_manager,
    "kube-proxy": kubernetes.proxy,
    "kube-scheduler": kubernetes.scheduler,
}

_IMAGES = {
    "busybox": _busybox,
    "contour": _contour,
    "coredns": _coredns,
    "crossplane": _crossplane,
    "docker": _docker,
    "dns-client": _dns_client,
    "etcd": kubernetes.etcd,
    "external-dns": _external_dns,
    "function-cdk8s": _function,
    "k8s-gateway": _k8s_gateway,
    "k8s-nameserver": _k8s_nameserver,
    "kind-node": _kind_node,
    "local-path-provisioner": _local_path_provisioner,
    "pause": _pause,
    "powerdns": _powerdns,
    "python": _python,
    **_CONTROL_PLANE,
    **{library.function: functools.partial(_function_with, library) for library in charts.libraries()},
    **{library.image: functools.partial(_chart, library) for library in charts.libraries()},
}
