"""`function-cdk8s pack`: make the folder of one version of a chart, from its wheel and those that a lock file names.

The same wheels give the same bytes. Nothing is downloaded, and nothing of the wheels is run.
"""

import base64
import csv
import hashlib
import importlib.metadata
import io
import os
import pathlib
import shutil
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator

import click
from cdk8s_function.installed import environments, registry
from packaging import tags
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

_FIRST_OF_A_ZIP = 315532800
"""1980-01-01, the first time that a zip can hold, in seconds since 1970."""

_PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor} on {sysconfig.get_platform()}"


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@click.option(
    "--lock",
    type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path),
    help="Requirements with hashes, as pip-compile and uv write them.",
)
@click.option(
    "--wheels",
    type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path),
    help="A folder with the wheels that the lock file names.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default="charts",
    help="The folder in which to make the folder DISTRIBUTION/VERSION.",
)
@click.option(
    "--layer",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="A file to write the folder's content to, as a tar: the layer of an image to mount.",
)
def command(
    *,
    wheel: pathlib.Path,
    lock: pathlib.Path | None,
    wheels: pathlib.Path | None,
    out: pathlib.Path,
    layer: pathlib.Path | None,
) -> None:
    """Make the folder of the version of a chart that WHEEL is.

    It holds the wheel, and of the lock file's wheels those that are not installed
    here in the same version: run it where function-cdk8s is installed as it is in
    the function's image.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".pack-", dir=out) as scratch:
            unpacked = pathlib.Path(scratch, "unpacked")
            dist, version = _identity(wheel)
            for each in [wheel, *_locked(lock, wheels, but=dist)]:
                _unpack(each, unpacked)
            folder = pathlib.Path(scratch, dist, version)
            folder.parent.mkdir()
            unpacked.rename(folder)
            if fault := environments.fault(folder):
                raise click.ClickException(fault.replace(str(folder), f"{dist}/{version}"))
            (charts := out / dist).mkdir(exist_ok=True)
            target = charts / version
            if target.exists():
                msg = f"{target} is there already: remove it, or give the chart another version"
                raise click.ClickException(msg)
            if layer:
                _write_layer(folder, layer)
            folder.rename(target)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{target} {registry.of_folder(target)[0].digest}")


def _locked(lock: pathlib.Path | None, wheels: pathlib.Path | None, *, but: str) -> Iterator[pathlib.Path]:
    """Return the wheels of a lock file that the folder needs, without the chart's own.

    Raises:
        click.ClickException: If a wheel is missing, or the lock file has no hashes.
    """
    found = _usable(wheels) if wheels else {}
    for line in _requirements(lock.read_text(encoding="utf-8")) if lock else ():
        text, *hashes = line.split(" --hash=")
        try:
            requirement = Requirement(text.strip())
        except InvalidRequirement as error:
            msg = f"{lock}: {text.strip()!r} is not a requirement"
            raise click.ClickException(msg) from error
        is_here = registry.normalized(requirement.name) == but or _is_installed(requirement)
        if is_here or (requirement.marker and not requirement.marker.evaluate()):
            continue
        digests = {each.strip().removeprefix("sha256:") for each in hashes}
        if not digests:
            msg = (
                f"{lock}: {requirement.name} has no hashes; make the lock file with `uv pip compile --generate-hashes`"
            )
            raise click.ClickException(msg)
        # In the order of `found`: the closest one to this Python, as pip chooses.
        chosen = next((path for digest, path in found.items() if digest in digests), None)
        if chosen is None:
            msg = (
                f"{wheels or 'no folder of --wheels'} has no wheel of {requirement} with a hash of {lock} for "
                f"{_PYTHON}; download it: "
                f"pip download --require-hashes --no-deps --only-binary :all: -r {lock} -d {wheels or 'wheels'}"
            )
            raise click.ClickException(msg)
        yield chosen


def _usable(wheels: pathlib.Path) -> dict[str, pathlib.Path]:
    """Return the wheels of a folder that this Python can use by their SHA-256, the closest one to it first."""
    # https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    ranks = {tag: rank for rank, tag in enumerate(tags.sys_tags())}
    ranked: list[tuple[int, pathlib.Path]] = []
    for wheel in wheels.glob("*.whl"):
        try:
            supported = parse_wheel_filename(wheel.name)[3] & ranks.keys()
        except InvalidWheelFilename:
            continue
        if supported:
            ranked.append((min(ranks[tag] for tag in supported), wheel))
    return {_sha256(wheel): wheel for _, wheel in sorted(ranked)}


def _requirements(text: str) -> Iterator[str]:
    """Return the lines of a requirements file, continued lines joined, without comments and options."""
    # https://pip.pypa.io/en/stable/reference/requirements-file-format/
    for line in text.replace("\\\n", " ").splitlines():
        bare = line.partition(" #")[0].strip()
        if bare and not bare.startswith(("#", "-")):
            yield " ".join(bare.split())


def _is_installed(requirement: Requirement) -> bool:
    """Return whether a requirement is the function's own, or is met here."""
    if registry.normalized(requirement.name) in environments.FUNCTION:
        return True
    try:
        return requirement.specifier.contains(importlib.metadata.version(requirement.name), prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        return False


def _identity(wheel: pathlib.Path) -> tuple[str, str]:
    """Return the name and the version of a wheel, of which the name of its file consists.

    Raises:
        click.ClickException: If the file is not named as a wheel is.
    """
    try:
        dist, version, *_ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        msg = f"{wheel}: is not named as a wheel is, such as greetings-1.0.0-py3-none-any.whl"
        raise click.ClickException(msg) from error
    return dist, str(version)


def _unpack(wheel: pathlib.Path, folder: pathlib.Path) -> None:
    """Unpack a wheel as `pip install --target` does, without scripts and headers.

    Raises:
        ValueError: If it has a file outside its own folder, or one that another wheel has.
    """
    rows: list[tuple[str, str, int]] = []
    record = ""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            path = _path_in_folder(name)
            if name.endswith("/") or path is None:
                continue
            target = folder / path
            if path.startswith("/") or ".." in pathlib.PurePosixPath(path).parts or target.exists():
                msg = f"{wheel}: {name} would be written over another file, or outside the folder"
                raise ValueError(msg)
            if path.endswith(".dist-info/RECORD"):
                record = path
                continue
            content = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append((path, f"sha256={digest}", len(content)))
            _write(target, content)
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([*sorted(rows), (record, "", "")])
    _write(folder / record, lines.getvalue().encode())


def _path_in_folder(name: str) -> str | None:
    """Return where a file of a wheel goes, None for a file that no import reads."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    kind, _, path = rest.partition("/")
    return path if kind in {"purelib", "platlib", "data"} else None


def _write(file: pathlib.Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(0o644)
    os.utime(file, (_FIRST_OF_A_ZIP, _FIRST_OF_A_ZIP))


def _write_layer(folder: pathlib.Path, layer: pathlib.Path) -> None:
    """Write what is in a folder as a tar that is the same for the same files."""
    made = layer.with_name(f"{layer.name}.part")
    with made.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.mtime = _FIRST_OF_A_ZIP
            if path.is_dir():
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.mode, entry.size = 0o644, path.stat().st_size
                with path.open("rb") as content:
                    archive.addfile(entry, content)
    shutil.move(made, layer)


def _sha256(file: pathlib.Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
