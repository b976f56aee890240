"""The commands of the deployment page that pack a chart and push it, from the lock file to the layer in a registry."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator

import pytest
from fixture_charts import versions
from sites import WORKSPACE

PAGE = (WORKSPACE / "docs/how-to/deployment.md").read_text(encoding="utf-8")
PROJECT = """
[project]
name = "greetings"
version = "1.4.2"
requires-python = ">=3.11"
dependencies = ["shared-words==1.0"]
"""


@pytest.fixture
def registry(tmp_path: pathlib.Path) -> Iterator[str]:
    """Serve crane's registry; yields where it is."""
    provision = [WORKSPACE / "bin/provision", "crane"]
    crane = subprocess.run(provision, stdout=subprocess.PIPE, text=True, check=True, timeout=600).stdout.strip()
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (tmp_path / "registry.log").open("w") as log:
        command = [crane, "registry", "serve", f"--address={address}"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            while process.poll() is None:
                host, port = address.split(":")
                with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, int(port))):
                    break
            yield address
        finally:
            process.terminate()
            process.wait()


def test_a_chart_is_packed_and_pushed_as_the_page_says(tmp_path: pathlib.Path, registry: str) -> None:
    pack, push = (
        block
        for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
        if "function-cdk8s pack" in block or "crane append" in block
    )
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    versions.greetings(tmp_path / "dist", "1.4.2", pins="1.0")
    versions.shared_words(tmp_path / "index", "1.0")
    # This folder stands for the public index.
    index = str(tmp_path / "index")
    script = (pack + push).replace("web_service_xp-1.4.2", "greetings-1.4.2").replace("ghcr.io/", f"{registry}/")

    done = subprocess.run(
        ["/bin/sh", "-euc", script],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{WORKSPACE / 'bin'}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
            "UV_OFFLINE": "1",
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": index,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": index,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^charts/greetings/1\.4\.2 sha256:[0-9a-f]{64}$", done.stdout, re.MULTILINE)
    image = tmp_path / "image.tar"
    crane = [WORKSPACE / "bin/crane", "export", f"{registry}/example/web-service-chart:1.4.2", image]
    subprocess.run(crane, check=True, timeout=60)
    with tarfile.open(image) as archive:
        mounted = {member.name for member in archive if member.isfile()}
    folder = tmp_path / "charts/greetings/1.4.2"
    assert mounted == {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"greetings/__init__.py", "shared_words.py"} < mounted
