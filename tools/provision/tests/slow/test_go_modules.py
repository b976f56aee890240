"""The source of a Go module is there whoever asks first: it is downloaded, or an error says why not."""

import os
import pathlib
import subprocess

import pytest

WORKSPACE = pathlib.Path(__file__).parents[4]


def ask(folder: str, module: str, cache: pathlib.Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [WORKSPACE / "tools/provision/go-module", folder, module],
        env={**os.environ, "GOMODCACHE": str(cache), "GOFLAGS": "-modcacherw", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_a_module_that_nothing_has_downloaded_is_downloaded(tmp_path: pathlib.Path) -> None:
    cache = tmp_path / "a cache"

    done = ask("kind", "sigs.k8s.io/kind", cache)

    assert done.returncode == 0, done.stderr
    folder = pathlib.Path(done.stdout.removesuffix("\n"))
    assert folder.is_relative_to(cache)
    assert (folder / "pkg/build/nodeimage/const_storage.go").is_file()


CANNOT = "cannot download the Go module {} that third_party/go/kind names: {}\n"


@pytest.mark.parametrize(
    ("folder", "module", "refusal"),
    [
        ("kind", "example.org/none", CANNOT.format("example.org/none", "the message of Go is above")),
        ("kind", "sigs.k8s.io/kind", CANNOT.format("sigs.k8s.io/kind", "module lookup disabled by GOPROXY=off")),
        ("none", "sigs.k8s.io/kind", "third_party/go/none is no Go module\n"),
    ],
)
def test_what_can_not_be_downloaded_is_an_error(tmp_path: pathlib.Path, folder: str, module: str, refusal: str) -> None:
    done = ask(folder, module, tmp_path, GOPROXY="off")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(refusal)
