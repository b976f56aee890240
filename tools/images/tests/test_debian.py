"""Locks of Debian packages, and what happens where an archive does not have a locked one."""

import hashlib
import http.server
import pathlib
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest
from images import debian, debian_lock, resolved, workspace
from images.debian import GoneError, Lock, Package
from images.workspace import BuildError

DATE = "20261124T000000Z"


class Archive:
    """A Debian archive with one package, on the loopback interface."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.requested: list[str] = []
        self.unready = 0
        """How many more requests are answered with 503."""
        archive = self

        class Files(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments, directory=str(folder))  # pyright: ignore[reportArgumentType]  # As it came.

            def do_GET(self) -> None:
                if archive.unready:
                    archive.unready -= 1
                    self.send_error(http.HTTPStatus.SERVICE_UNAVAILABLE)
                else:
                    super().do_GET()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                del code, size
                archive.requested.append(self.path)

            def log_error(self, format: str, *arguments: object) -> None:  # noqa: A002  # The base class's name.
                del format, arguments

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def add(self, path: str, *, name: str) -> Package:
        """Build a package and put it at a path."""
        work = self.folder / "work"
        (work / "DEBIAN").mkdir(parents=True)
        control = (
            f"Package: {name}\nVersion: 1:2.3-4\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: -\n"
        )
        (work / "DEBIAN/control").write_text(control, encoding="utf-8")
        for file in ("lib/a.so", f"usr/share/doc/{name}/copyright", f"usr/share/doc/{name}/changelog.gz"):
            (work / file).parent.mkdir(parents=True, exist_ok=True)
            (work / file).write_text(file, encoding="utf-8")
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", work, target], check=True, capture_output=True)
        shutil.rmtree(work)
        sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
        return Package(name, "1:2.3-4", sha256, "debian/pool/main/a/a_2.3-4_all.deb")


@pytest.fixture
def archive(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """An archive that is this host's, with a snapshot of the past beside it, and a cache of the test's own."""
    if not shutil.which("dpkg-deb"):
        pytest.skip("needs dpkg-deb")
    made = Archive(tmp_path / "archive")
    made.folder.mkdir()
    monkeypatch.setenv("IMAGES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DEBIAN_ARCHIVE", f"{made.url}/debian")
    monkeypatch.setenv(debian.SNAPSHOT, made.url + "/past/{archive}/{date}/")
    serving = threading.Thread(target=made.server.serve_forever)
    serving.start()
    yield made
    made.server.shutdown()
    serving.join()
    made.server.server_close()


def test_a_package_is_fetched_once_and_unpacked_without_what_a_container_has_no_use_for(archive: Archive) -> None:
    package = archive.add("debian/pool/main/a/a_2.3-4_all.deb", name="a")

    debian.unpack(Lock(DATE, (package,)))
    files = debian.unpack(Lock(DATE, (package,)))

    assert archive.requested == ["/debian/pool/main/a/a_2.3-4_all.deb"]
    assert [path for path in files.paths() if files.get(path).content is not None] == [
        "usr/lib/a.so",
        "usr/share/doc/a/copyright",
        "var/lib/dpkg/status.d/a",
    ]
    assert files.get("lib").target == "usr/lib"
    assert files.content("var/lib/dpkg/status.d/a").startswith(b"Package: a\nVersion: 1:2.3-4\n")


def test_an_archive_that_is_not_ready_is_asked_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "PAUSES_SECONDS", (0.0, 0.0))
    package = archive.add("debian/pool/main/a/a_2.3-4_all.deb", name="a")
    archive.unready = 2

    assert debian.fetch(package, DATE).read_bytes()
    assert archive.requested == ["/debian/pool/main/a/a_2.3-4_all.deb"] * 3


def test_what_the_archive_dropped_is_taken_from_the_past(archive: Archive) -> None:
    package = archive.add(f"past/debian/{DATE}/pool/main/a/a_2.3-4_all.deb", name="a")

    assert debian.fetch(package, DATE).read_bytes()
    assert archive.requested == [
        "/debian/pool/main/a/a_2.3-4_all.deb",
        f"/past/debian/{DATE}/pool/main/a/a_2.3-4_all.deb",
    ]


def test_a_file_with_another_digest_is_refused(archive: Archive) -> None:
    package = archive.add("debian/pool/main/a/a_2.3-4_all.deb", name="a")
    other = Package(package.name, package.version, "0" * 64, package.path)

    with pytest.raises(GoneError) as caught:
        debian.fetch(other, DATE)

    assert str(caught.value) == (
        f"a 1:2.3-4 cannot be had ({archive.url}/debian/pool/main/a/a_2.3-4_all.deb: it has another SHA-256; "
        f"{archive.url}/past/debian/{DATE}/pool/main/a/a_2.3-4_all.deb: HTTP Error 404: File not found): "
        "run bin/images lock, or set DEBIAN_ARCHIVE to the URL of a Debian archive that has it"
    )


@pytest.fixture
def locks(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder of locks of the test's own, with one whose package is gone and whose suite has a newer one."""
    folder = tmp_path / "locks"
    folder.mkdir()
    monkeypatch.setattr(debian, "LOCKS", folder)
    gone = f"# date {DATE}\na 1:2.2-1 {'0' * 64} debian/pool/main/a/a_2.2-1_all.deb\n"
    debian.lock_file("a", workspace.architecture()).write_text(gone, encoding="utf-8")
    return folder


def test_where_a_locked_package_is_gone_todays_is_taken_and_that_is_said(
    archive: Archive, locks: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locks.is_dir()
    package = archive.add("debian/pool/main/a/a_2.3-4_all.deb", name="a")
    line = f"{package.name} {package.version} {package.sha256} {package.path}\n"

    def resolve(name: str, architecture: str) -> str:
        assert (name, architecture) == ("a", workspace.architecture())
        return f"# date {DATE}\n{line}"

    monkeypatch.setattr(debian_lock, "resolve", resolve)
    before = resolved.inputs("a", workspace.architecture())

    files = resolved.files("a", workspace.architecture())

    assert "usr/lib/a.so" in files.paths()
    assert resolved.lock("a", workspace.architecture()).version("a") == "2.3"
    assert resolved.inputs("a", workspace.architecture()) != before
    assert capsys.readouterr().err.startswith(
        "bin/images: third_party/debian is out of date, taking today's packages: a 1:2.2-1 cannot be had ("
    )


def test_with_locked_a_package_that_is_gone_is_an_error(
    archive: Archive, locks: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archive.url
    assert locks.is_dir()
    monkeypatch.setenv(resolved.LOCKED, "1")

    with pytest.raises(GoneError, match=r"a 1:2\.2-1 cannot be had"):
        resolved.files("a", workspace.architecture())


@pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")
def test_the_archive_of_a_host_is_known_before_apt_has_read_its_indices(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images of Debian, the base of the function's Dockerfile among them, come without any."""
    sources = tmp_path / "sources.list"
    sources.write_text("deb http://debian.example.org/debian trixie main\n", encoding="utf-8")
    settings = tmp_path / "apt.conf"
    settings.write_text(
        f'Dir::State::lists "{tmp_path}/lists";\nDir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "/dev/null";\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("APT_CONFIG", str(settings))
    monkeypatch.delenv("DEBIAN_ARCHIVE", raising=False)

    assert debian.host_archive() == "http://debian.example.org/debian/"


def test_a_lock_that_differs_only_by_its_date_is_left_as_it_is(tmp_path: pathlib.Path) -> None:
    lock = tmp_path / "a.amd64.txt"
    for date, packages in (("1", "a 1 x y\n"), ("2", "a 1 x y\n"), ("3", "a 2 x y\n"), ("4", "a 2 x y\n")):
        debian_lock.update(lock, f"# date {date}\n{packages}")

    assert lock.read_text(encoding="utf-8") == "# date 3\na 2 x y\n"


def test_a_missing_lock_says_how_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "LOCKS", workspace.ROOT / "third_party/debian")

    with pytest.raises(BuildError, match=r"^third_party/debian/none\.\w+\.txt is missing: run bin/images lock$"):
        debian.read(debian.lock_file("none", workspace.architecture()))


@pytest.mark.parametrize("name", debian_lock.names())
@pytest.mark.parametrize("architecture", workspace.ARCHITECTURES)
def test_each_request_has_a_lock_for_each_architecture(name: str, architecture: str) -> None:
    lock = debian.read(debian.lock_file(name, architecture))

    assert lock.date.endswith("Z")
    assert lock.packages == tuple(sorted(lock.packages))
    for package in lock.packages:
        assert len(package.sha256) == 64
        assert package.path.endswith((f"_{architecture}.deb", "_all.deb"))
