"""An environment in which a chart would not run as its wheel has it is refused, with both sides named."""

import pathlib
from collections.abc import Sequence

import pytest
from cdk8s_function.installed import chart_environment, registry


def wheel(
    folder: pathlib.Path,
    dist: str,
    version: str,
    *,
    module: str = "",
    requires: Sequence[str] = (),
    digest: str = "one",
    package: bool = True,
) -> None:
    """Lay out a wheel as pip does: with a chart in its module, if it has one."""
    info = folder / f"{dist.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [
        f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}",
        *(f"Requires-Dist: {need}" for need in requires),
    ]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    record = f"{info.name}/INSTALLER,sha256={folder.name},4\n"
    if module:
        points = f"[{registry.GROUP}]\n{module} = {module}.chart:Chart\n"
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
        file = folder / module / "__init__.py" if package else folder / f"{module}.py"
        file.parent.mkdir(exist_ok=True)
        file.touch()
        record += f"{file.relative_to(folder)},sha256={digest},0\n"
    (info / "RECORD").write_text(record, encoding="utf-8")


def refusal(*folders: pathlib.Path) -> str:
    """Return why an environment of these folders is refused, "" if it is not."""
    try:
        chart_environment.check([str(folder) for folder in folders])
    except chart_environment.ContradictionError as error:
        return str(error)
    return ""


def test_the_environment_of_the_tests_is_sound() -> None:
    chart_environment.check()


def test_charts_side_by_side_are_sound(tmp_path: pathlib.Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    wheel(one, "a", "1.0.0", module="greetings", requires=["lib>=1", 'other; extra == "more"'])
    wheel(one, "lib", "1.2.0")
    wheel(two, "b", "1.0.0", module="farewells", package=False)
    wheel(two, "lib", "0.1.0")

    assert refusal(one, two) == ""


def test_the_same_wheel_in_two_folders_is_sound(tmp_path: pathlib.Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    wheel(one, "a", "1.0.0", module="greetings")
    wheel(two, "a", "1.0.0", module="greetings")

    assert refusal(one, two) == ""


@pytest.mark.parametrize(("version", "digest"), [("2.0.0", "one"), ("1.0.0", "other")])
def test_one_wheel_in_two_versions_is_refused(tmp_path: pathlib.Path, version: str, digest: str) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    wheel(one, "Team_A", "1.0.0", module="greetings")
    wheel(two, "team-a", version, module="greetings", digest=digest)

    assert refusal(one, two) == (
        "the installed charts contradict each other: "
        f"wheel team-a is installed as 1.0.0 in {one} and as {version} in {two}; remove one of them"
    )


@pytest.mark.parametrize("package", [True, False])
def test_two_charts_with_one_module_name_are_refused(tmp_path: pathlib.Path, package: bool) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    wheel(one, "a", "1.0.0", module="greetings", package=package)
    wheel(two, "b", "2.0.0", module="greetings")

    hiding = one / ("greetings" if package else "greetings.py")
    assert refusal(one, two) == (
        "the installed charts contradict each other: "
        f"module greetings of wheel b 2.0.0 in {two} is hidden by {hiding} of wheel a 1.0.0; rename one of them"
    )


def test_a_chart_named_like_a_module_of_python_is_refused(tmp_path: pathlib.Path) -> None:
    wheel(tmp_path, "a", "1.0.0", module="sys")

    assert refusal(tmp_path) == (
        "the installed charts contradict each other: "
        f"module sys of wheel a 1.0.0 in {tmp_path} is hidden by a module of Python itself; rename one of them"
    )


def test_a_namespace_that_two_charts_share_is_sound(tmp_path: pathlib.Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, dist in ((one, "a"), (two, "b")):
        wheel(folder, dist, "1.0.0", module="team")
        (folder / "team/__init__.py").unlink()

    assert refusal(one, two) == ""


def test_an_editable_install_is_sound(tmp_path: pathlib.Path) -> None:
    wheel(tmp_path, "a", "1.0.0", module="greetings")
    (tmp_path / "greetings/__init__.py").unlink()
    (tmp_path / "greetings").rmdir()

    assert refusal(tmp_path) == ""


def test_all_that_is_required_and_lacks_is_named(tmp_path: pathlib.Path) -> None:
    needs = ["Lib_X>=2", "absent==1.0", "fine", 'windows-only; sys_platform == "win32"', "not a requirement"]
    wheel(tmp_path, "a", "1.0.0", module="greetings", requires=needs)
    wheel(tmp_path, "lib-x", "1.9")
    wheel(tmp_path, "fine", "3.0rc1")

    assert refusal(tmp_path) == (
        "the installed charts contradict each other: "
        "wheel a 1.0.0 requires Lib_X>=2, and 1.9 is installed; "
        "wheel a 1.0.0 requires absent==1.0, and it is not installed; "
        "wheel a 1.0.0 requires 'not a requirement', which is not a requirement"
    )
