"""The command line: bin/images."""

import argparse
import json
import os
import pathlib
import shutil
import sys

from images import catalog, debian, debian_lock, image, packages, prune, resolved, store, workspace
from images.workspace import BuildError

_ALL = "all"


def main(arguments: list[str] | None = None) -> int:
    """Run a command, and return its status."""
    options = _parser().parse_args(arguments)
    if getattr(options, "locked", False):
        os.environ[resolved.LOCKED] = "1"
    try:
        options.run(options)
        prune.prune()
    except BuildError as error:
        print(f"bin/images: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/images",
        description="Builds container images and Crossplane packages without Docker.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listed = commands.add_parser("list", help="list the images and packages, and what each is made from")
    listed.add_argument("--json", action="store_true", help="print JSON, with the references of each image")
    listed.set_defaults(run=_list)

    build = commands.add_parser("build", help="build images, and print the path and the digest of each")
    build.add_argument("names", nargs="+", metavar="NAME", help="an image")
    build.add_argument("--out", type=pathlib.Path, help="folder for NAME-ARCHITECTURE.tar (default: only the cache)")
    _add_architecture(build, _ALL)
    _add_locked(build)
    build.set_defaults(run=_build)

    package = commands.add_parser(
        "package", help="build Crossplane packages, and print the path and the digest of each"
    )
    package.add_argument("names", nargs="+", metavar="NAME", help="a package")
    package.add_argument(
        "--out",
        type=pathlib.Path,
        help="folder for NAME-ARCHITECTURE.xpkg, or NAME.xpkg of a configuration (default: only the cache)",
    )
    _add_architecture(package, _ALL)
    _add_locked(package)
    package.set_defaults(run=_package)

    root = commands.add_parser("root", help="unpack the files of an image, and print the folder")
    root.add_argument("name", metavar="NAME", help="an image")
    root.add_argument("--out", type=pathlib.Path, help="folder to copy the files to (default: only the cache)")
    _add_architecture(root)
    _add_locked(root)
    root.set_defaults(run=_root)

    lock = commands.add_parser(
        "lock", help="look up the current versions of the Debian packages, and write them to third_party/debian"
    )
    lock.add_argument(
        "names", nargs="*", metavar="NAME", help="lock the file third_party/debian/NAME.in (default: all)"
    )
    lock.set_defaults(run=_lock)
    return parser


def _add_architecture(parser: argparse.ArgumentParser, *besides: str) -> None:
    parser.add_argument(
        "--architecture",
        choices=(*workspace.ARCHITECTURES, *besides),
        help="architecture to build for (default: that of this machine)",
    )


def _architectures(options: argparse.Namespace) -> tuple[str, ...]:
    if options.architecture == _ALL:
        return workspace.ARCHITECTURES
    return (options.architecture or workspace.architecture(),)


def _add_locked(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--locked", action="store_true", help="fail if a locked Debian package is not available")


def _list(options: argparse.Namespace) -> None:
    images = [catalog.find(name) for name in catalog.names()]
    if options.json:
        rows = [
            {"name": each.name, "summary": each.summary, "references": each.references, "standsIn": each.stands_in}
            for each in images
        ]
        print(json.dumps(rows, indent=2))
        return
    print("Images")
    for each in images:
        print(f"  {each.name:24} {each.version:11} {each.summary}")
    print("Packages")
    for name, package in packages.PACKAGES.items():
        print(f"  {name:24} {'':11} {package.summary}")


def _build(options: argparse.Namespace) -> None:
    for name in options.names:
        for architecture in _architectures(options):
            _hand_over(image.build(catalog.find(name), architecture), options.out)


def _package(options: argparse.Namespace) -> None:
    for name in options.names:
        for built in dict.fromkeys(packages.build(name, architecture) for architecture in _architectures(options)):
            _hand_over(built, options.out)


def _hand_over(built: image.Built, out: pathlib.Path | None) -> None:
    file = built.file
    if out:
        file = out / file.name
        store.copy(built.file, file)
    print(f"{file} {built.digest}", flush=True)


def _root(options: argparse.Namespace) -> None:
    (architecture,) = _architectures(options)
    folder = image.root(catalog.find(options.name), architecture)
    if options.out:
        shutil.copytree(folder, options.out, symlinks=True, dirs_exist_ok=True)
        folder = options.out
    print(folder)


def _lock(options: argparse.Namespace) -> None:
    for name in options.names or debian_lock.names():
        for architecture in workspace.ARCHITECTURES:
            file = debian.lock_file(name, architecture)
            debian_lock.update(file, debian_lock.resolve(name, architecture))
            print(file)
