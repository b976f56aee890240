"""The tar of a tree depends on its paths, modes and contents, and on nothing else."""

import hashlib
import io
import os
import pathlib
import tarfile

import pytest
from images import tree
from images.tree import Node, Tree


def packed(files: Tree) -> bytes:
    target = io.BytesIO()
    files.write(target)
    return target.getvalue()


def listed(files: Tree) -> list[tuple[str, bytes, int, int, str]]:
    with tarfile.open(fileobj=io.BytesIO(packed(files))) as archive:
        return [(each.name, each.type, each.mode, each.uid, each.linkname) for each in archive]


def debian(*entries: tarfile.TarInfo) -> io.BytesIO:
    """Return a tar as a Debian package has it: with times, owners and leading dots."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for entry in entries:
            entry.mtime = 1795506193
            entry.uname = "builder"
            entry.uid = 1000
            archive.addfile(entry, io.BytesIO(b"x" * entry.size))
    target.seek(0)
    return target


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", mode: int = 0o644, size: int = 0
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode, made.size = kind, link, mode, size
    return made


def test_the_order_in_which_files_are_added_does_not_show() -> None:
    one, other = Tree(), Tree()
    for files, names in ((one, ("b/c", "a", "b-d")), (other, ("b-d", "a", "b/c"))):
        for name in names:
            files.file(name, name)

    assert packed(one) == packed(other)


def test_a_tar_is_the_same_today_and_tomorrow() -> None:
    files = Tree()
    files.file("usr/bin/run", "#!/bin/sh\n", mode=0o755)
    files.link("bin", "usr/bin")
    files.folder("tmp", mode=0o1777)

    assert hashlib.sha256(packed(files)).hexdigest() == (
        "7dfc19c0ee957672ed4663e32f280d0492189bd3d3dc7236d97849092eb82955"
    )


def test_folders_come_before_what_is_in_them() -> None:
    files = Tree()
    files.file("a/b/c", "")
    files.folder("var/lib/powerdns", owner=953)

    assert listed(files) == [
        ("a", tarfile.DIRTYPE, 0o755, 0, ""),
        ("a/b", tarfile.DIRTYPE, 0o755, 0, ""),
        ("a/b/c", tarfile.REGTYPE, 0o644, 0, ""),
        ("var", tarfile.DIRTYPE, 0o755, 0, ""),
        ("var/lib", tarfile.DIRTYPE, 0o755, 0, ""),
        ("var/lib/powerdns", tarfile.DIRTYPE, 0o755, 953, ""),
    ]


def test_a_package_is_read_as_a_system_with_merged_folders_has_it() -> None:
    files = Tree()
    files.read(
        debian(
            entry("./", tarfile.DIRTYPE, mode=0o755),
            entry("./lib", tarfile.DIRTYPE, mode=0o755),
            entry("./lib/libc.so.6", size=3),
            entry("./lib64", tarfile.SYMTYPE, link="usr/lib64"),
            entry("./usr/bin/perl", mode=0o4755, size=2),
            entry("./usr/bin/perl5", tarfile.LNKTYPE, link="./usr/bin/perl"),
            entry("./usr/bin/python3", tarfile.SYMTYPE, link="python3.13"),
        )
    )

    assert files.paths() == ["usr/bin/perl", "usr/bin/perl5", "usr/bin/python3", "usr/lib/libc.so.6"]
    assert files.get("usr/bin/perl5") == files.get("usr/bin/perl") == Node(mode=0o4755, content=b"xx")
    assert files.get("usr/bin/python3") == Node(mode=0o777, target="python3.13")


def test_what_matches_a_pattern_goes_with_all_below_it() -> None:
    files = Tree()
    for path in (
        "usr/share/man/man1/a.1",
        "usr/share/doc/a/copyright",
        "usr/share/doc/a/changelog.gz",
        "usr/share/manual",
    ):
        files.file(path, "")

    files.remove(["usr/share/man", "usr/share/doc/*/changelog*"])

    assert files.paths() == ["usr/share/doc/a/copyright", "usr/share/manual"]


@pytest.mark.skipif(os.name != "posix", reason="links and modes of files")
def test_a_root_is_unpacked_without_following_its_links(tmp_path: pathlib.Path) -> None:
    files = Tree()
    files.file("etc/hosts", "one\n")
    files.link("absolute", "/etc/hosts")
    (tmp_path / "root").mkdir()

    with tarfile.open(fileobj=io.BytesIO(packed(files))) as archive:
        tree.extract(archive, tmp_path / "root")

    assert (tmp_path / "root/etc/hosts").read_text(encoding="utf-8") == "one\n"
    assert (tmp_path / "root/absolute").readlink() == pathlib.Path("/etc/hosts")
