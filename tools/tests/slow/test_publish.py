"""Publishing puts what was built where the environment says, once, into a real registry and before an index."""

import base64
import contextlib
import gzip
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator

import pytest
import trustme
from scratch import WORKSPACE

PROJECT = WORKSPACE / "libs/internal-dns-xp"
VERSION = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
TAG = f"v{VERSION}"
BOTH = ["linux/amd64", "linux/arm64"]
PACKAGES = ["function-internal-dns", "function-internal-dns-runtime", "internal-dns", "internal-dns-chart"]
DISTRIBUTIONS = [f"internal_dns_xp-{VERSION}-py3-none-any.whl", f"internal_dns_xp-{VERSION}.tar.gz"]


class Index(http.server.BaseHTTPRequestHandler):
    """The upload endpoint of a package index, which mints tokens for GitHub's; GitHub's own endpoint is here as well.

    `files` are the names of what it was given, `users` who gave it.
    """

    files: list[str]
    users: list[str]

    def do_GET(self) -> None:
        # https://docs.pypi.org/trusted-publishers/internals/ and GitHub's, whose address is in a job's environment.
        self.answer({"audience": "this index"} if self.path == "/_/oidc/audience" else {"value": "e30.e30.e30"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/_/oidc/mint-token":
            assert json.loads(body) == {"token": "e30.e30.e30"}
            self.answer({"success": True, "token": "minted"})
            return
        self.files.extend(name.decode() for name in re.findall(rb'name="content"; filename="([^"]+)"', body))
        self.users.append(base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode())
        self.answer({})

    def answer(self, message: dict[str, object]) -> None:
        body = json.dumps(message).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that http.server has
        pass


@pytest.fixture
def users() -> list[str]:
    """Return the list of the users, with their passwords, who gave the index files."""
    return []


@pytest.fixture
def index(users: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """Serve an index over TLS; yields where it is, and the list of the files it gets."""
    files: list[str] = []
    handler = type("Handler", (Index,), {"files": files, "users": users})
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # of pyOpenSSL too
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}/", files
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def registry(tmp_path: pathlib.Path) -> Iterator[str]:
    """Serve crane's registry; yields where it is."""
    crane = subprocess.run(
        [WORKSPACE / "bin/provision", "crane"], stdout=subprocess.PIPE, text=True, check=True, timeout=600
    ).stdout.strip()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (tmp_path / "registry.log").open("w") as log:
        process = subprocess.Popen(
            [crane, "registry", "serve", f"--address=127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
            env={**os.environ, "PORT": str(port)},
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                    break
            yield f"127.0.0.1:{port}/somewhere"
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the chart's project with what its build makes."""
    folder = tmp_path_factory.mktemp("internal-dns-xp")
    for name in ("pyproject.toml", "project.json"):
        shutil.copy(PROJECT / name, folder)
    everywhere = ["--architecture=all", "--out", folder / "dist"]
    for command in (
        ["bin/uv", "build", "--quiet", "--package", "internal-dns-xp", "--out-dir", folder / "dist"],
        ["bin/images", "build", "function-internal-dns", "internal-dns-chart", *everywhere],
        ["bin/images", "package", "function-internal-dns", "internal-dns", *everywhere],
    ):
        subprocess.run(command, cwd=WORKSPACE, stdout=subprocess.DEVNULL, check=True, timeout=1200)
    return folder


def publish(project: pathlib.Path, **environment: str) -> subprocess.CompletedProcess[str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("ACTIONS_", "GITHUB_", "UV_"))}
    token = {} if "GITHUB_ACTIONS" in environment else {"UV_PUBLISH_TOKEN": "any"}
    return subprocess.run(
        [sys.executable, WORKSPACE / "tools/release/publish.py", project],
        env={**mine, **token, "IMAGES_LOCKED": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def both(name: str, suffix: str) -> str:
    return f"{name}-amd64.{suffix} and {name}-arm64.{suffix}"


def crane(*arguments: str) -> str:
    command = [WORKSPACE / "bin/crane", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.strip()


def platforms(registry: str, package: str) -> list[str]:
    """Return the platforms of an index, of which each has an image for that platform; none for a lone image."""
    reference = f"{registry}/{package}:{TAG}"
    manifests = json.loads(crane("manifest", reference)).get("manifests", [])
    listed = [f"{each['platform']['os']}/{each['platform']['architecture']}" for each in manifests]
    configs = [json.loads(crane("config", reference, f"--platform={each}")) for each in listed]
    assert [f"{each['os']}/{each['architecture']}" for each in configs] == listed
    return listed


def annotated(registry: str, package: str, platform: str) -> list[str]:
    """Return a package's layers that are not of what runs: `base` has its manifests, `upbound` its examples."""
    layers = json.loads(crane("manifest", f"{registry}/{package}:{TAG}", f"--platform={platform}"))["layers"]
    return [each["annotations"]["io.crossplane.xpkg"] for each in layers if "annotations" in each]


def extracted(registry: str, package: str, folder: pathlib.Path) -> str:
    """Return a package's manifests as Crossplane's own code fetches them from an index."""
    command = [WORKSPACE / "bin/crossplane", "xpkg", "extract", f"{registry}/{package}:{TAG}"]
    subprocess.run([*command, "--output=out.gz"], cwd=folder, check=True, timeout=60)
    return gzip.decompress((folder / "out.gz").read_bytes()).decode()


def tags(registry: str, package: str) -> list[str]:
    command = [WORKSPACE / "bin/crane", "ls", f"{registry}/{package}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def test_all_that_a_project_makes_is_published_once(
    project: pathlib.Path, index: tuple[str, list[str]], registry: str, tmp_path: pathlib.Path
) -> None:
    url, files = index

    first = publish(project, UV_PUBLISH_URL=url, PUBLISH_REGISTRY=registry)
    assert first.returncode == 0, first.stderr
    assert sorted(files) == DISTRIBUTIONS
    assert {package: tags(registry, package) for package in PACKAGES} == {package: [TAG] for package in PACKAGES}

    indexed = {package: platforms(registry, package) for package in PACKAGES}
    assert indexed == {package: [] if package == "internal-dns" else BOTH for package in PACKAGES}
    assert [annotated(registry, "function-internal-dns", each) for each in BOTH] == [["base", "upbound"]] * 2
    manifests = extracted(registry, "function-internal-dns", tmp_path)
    assert "kind: Function\n" in manifests
    digests = [crane("digest", f"{registry}/{package}:{TAG}") for package in PACKAGES]

    again = publish(project, UV_PUBLISH_URL=url, PUBLISH_REGISTRY=registry)
    assert again.returncode == 0, again.stderr
    assert [line for line in again.stdout.splitlines() if line.endswith("is there already")] == [
        f"{registry}/{package}:{TAG} is there already" for package in PACKAGES
    ]

    elsewhere = f"{registry}/again"
    assert publish(project, UV_PUBLISH_URL=url, PUBLISH_REGISTRY=elsewhere).returncode == 0
    assert [crane("digest", f"{elsewhere}/{package}:{TAG}") for package in PACKAGES] == digests


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the library's project with what its build makes."""
    folder, source = tmp_path_factory.mktemp("library"), WORKSPACE / "libs/cdk8s-function-xp"
    for name in ("pyproject.toml", "project.json"):
        shutil.copy(source / name, folder)
    build = ["bin/uv", "build", "--quiet", "--package", source.name, "--out-dir", folder / "dist"]
    subprocess.run(build, cwd=WORKSPACE, check=True, timeout=300)
    return folder


def test_a_library_needs_no_registry(library: pathlib.Path, index: tuple[str, list[str]], users: list[str]) -> None:
    url, files = index

    done = publish(library, UV_PUBLISH_URL=url)

    assert done.returncode == 0, done.stderr
    assert sorted(files) == sorted(path.name for path in (library / "dist").glob("*.[wt]*"))
    assert users == ["__token__:any"] * 2


def test_the_index_trusts_the_workflow_without_a_secret(
    library: pathlib.Path, index: tuple[str, list[str]], users: list[str]
) -> None:
    url, files = index
    # What GitHub gives to a job that may write id-tokens.
    job = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}id-token?of=job", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "asks"}

    done = publish(library, UV_PUBLISH_URL=url, GITHUB_ACTIONS="true", **job)

    assert done.returncode == 0, done.stderr
    assert len(files) == 2
    assert users == ["__token__:minted"] * 2


def test_without_the_permission_for_it_the_workflow_says_what_is_missing(
    library: pathlib.Path, index: tuple[str, list[str]]
) -> None:
    url, files = index

    done = publish(library, UV_PUBLISH_URL=url, GITHUB_ACTIONS="true")

    assert (done.returncode, files) == (1, [])
    assert "id-token: write" in done.stderr


def test_a_dry_run_publishes_nothing(project: pathlib.Path, index: tuple[str, list[str]], registry: str) -> None:
    url, files = index

    done = publish(project, UV_PUBLISH_URL=url, PUBLISH_REGISTRY=registry, NX_DRY_RUN="true")

    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            f"internal-dns-xp {VERSION} goes to {url.rstrip('/')}",
            f"{both('function-internal-dns', 'xpkg')} go to {registry}/function-internal-dns:{TAG}",
            f"{both('function-internal-dns', 'tar')} go to {registry}/function-internal-dns-runtime:{TAG}",
            f"internal-dns.xpkg goes to {registry}/internal-dns:{TAG}",
            f"{both('internal-dns-chart', 'tar')} go to {registry}/internal-dns-chart:{TAG}",
        ],
    )
    assert (files, [tags(registry, package) for package in PACKAGES]) == ([], [[]] * len(PACKAGES))


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "UV_PUBLISH_URL says where to publish, like https://index.example.org/legacy/, and is not set"),
        (
            {"UV_PUBLISH_URL": "http://127.0.0.1:1/", "IMAGES_LOCKED": ""},
            "IMAGES_LOCKED=1 is not set: what is published is built of nothing but locked Debian packages",
        ),
    ],
)
def test_a_destination_that_is_not_set_is_asked_for(
    project: pathlib.Path, environment: dict[str, str], message: str
) -> None:
    done = publish(project, **environment)

    assert (done.returncode, done.stderr) == (1, f"{message}\n")


def test_what_was_not_built_is_not_published(project: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for name in ("pyproject.toml", "project.json"):
        shutil.copy(project / name, tmp_path)

    done = publish(tmp_path, UV_PUBLISH_URL="http://127.0.0.1:1/", PUBLISH_REGISTRY="127.0.0.1:1/a")

    expected = f"{tmp_path}/dist/{DISTRIBUTIONS[1]} is not there: run bin/nx build internal-dns-xp\n"
    assert (done.returncode, done.stderr) == (1, expected)
