"""Charts in several versions side by side: which folders are taken, and which version a function input gets."""

import pathlib
import shutil
from collections.abc import Callable
from importlib import metadata

import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.installed.environments import Environments
from fixture_charts import versions


@pytest.fixture
def charts(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with two versions of a chart, which pin two versions of a library."""
    folder = tmp_path / "charts"
    versions.install_greetings(folder, "1.0.0", pins="1.0")
    versions.install_greetings(folder, "2.0.0", pins="2.0")
    return folder


def here(charts: pathlib.Path) -> list[str]:
    found = Environments(charts).look()
    return [chart.version for chart in found.charts if chart.dist == versions.DIST]


def faults(charts: pathlib.Path) -> list[str]:
    return [each.reason for each in Environments(charts).look().unusable]


def test_two_versions_with_conflicting_pins_are_found_beside_what_is_installed(charts: pathlib.Path) -> None:
    found = Environments(charts).look()

    assert found.unusable == ()
    assert here(charts) == ["1.0.0", "2.0.0"]
    assert {chart.folder for chart in found.charts if chart.dist == versions.DIST} == {
        str(charts / "greetings/1.0.0"),
        str(charts / "greetings/2.0.0"),
    }
    assert found.require("good") == registry.discover().require("good")
    assert found.name_of(found.require("greeting")) == "greeting"
    assert found.names().count("greeting") == 1


def test_the_digest_is_of_the_content_wherever_it_lies(charts: pathlib.Path, tmp_path: pathlib.Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(charts, elsewhere)
    info = elsewhere / "greetings/2.0.0/greetings-2.0.0.dist-info"
    (info / "INSTALLER").write_text("pip\n")
    with (info / "RECORD").open("a") as record:
        record.write(f"{info.name}/INSTALLER,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4\n")
        record.write("greetings/__pycache__/late.cpython-311.pyc,,\n")
    shutil.rmtree(elsewhere / "greetings/1.0.0")
    versions.install_greetings(elsewhere, "1.0.0", pins="1.0", more="print()")
    one, other = Environments(charts).look(), Environments(elsewhere).look()

    same, changed = (other.require("greeting", version=each).digest for each in ("2.0.0", "1.0.0"))

    assert same == one.require("greeting", version="2.0.0").digest
    assert changed != one.require("greeting", version="1.0.0").digest
    assert same.startswith("sha256:")


def lose(folder: pathlib.Path) -> str:
    (folder / "greetings/late.py").unlink()
    return f"{folder}/greetings/late.py is missing"


def write_over(folder: pathlib.Path) -> str:
    (folder / "greetings/late.py").write_text('VERSION = "3"\n')
    return f"{folder}/greetings/late.py is not the file that its wheel's RECORD tells of"


def add_module(folder: pathlib.Path) -> str:
    (folder / "sitecustomize.py").touch()
    return f"{folder}/sitecustomize.py is of no wheel"


def lose_library(folder: pathlib.Path) -> str:
    shutil.rmtree(folder / "shared_words-2.0.dist-info")
    (folder / "shared_words.py").unlink()
    return "wheel greetings 2.0.0 requires shared-words==2.0, and it is not installed"


def cut_off_record(folder: pathlib.Path) -> str:
    record = folder / "greetings-2.0.0.dist-info/RECORD"
    record.write_text(record.read_text()[:-1])
    return f"the RECORD of wheel greetings 2.0.0 in {folder} ends within a line"


def add_bytecode_without_source(folder: pathlib.Path) -> str:
    (folder / "shared_words_more.pyc").touch()
    return f"{folder}/shared_words_more.pyc is of no wheel"


def lose_record(folder: pathlib.Path) -> str:
    (folder / "greetings-2.0.0.dist-info/RECORD").unlink()
    return f"wheel greetings 2.0.0 in {folder} has no RECORD of its files"


def bring_the_function(folder: pathlib.Path) -> str:
    wheel = versions.make_wheel(folder.parents[2] / "w", "cdk8s-function-xp", "0.0.1", {"cdk8s_function.py": ""})
    versions.install(folder.parents[1], "2.0.0", wheel)
    return f"{folder} holds cdk8s-function-xp, which is the function's own; leave it out"


def bring_an_old_library_of_the_function(folder: pathlib.Path) -> str:
    wheel = versions.make_wheel(folder.parents[2] / "w", "pydantic", "2.0.0", {"pydantic.py": ""})
    versions.install(folder.parents[1], "2.0.0", wheel)
    version = metadata.version("cdk8s-function-xp")
    return f"wheel cdk8s-function-xp {version} requires pydantic<3,>=2.13, and 2.0.0 is installed"


def bring_a_module_of_python(folder: pathlib.Path) -> str:
    wheel = versions.make_wheel(folder.parents[2] / "w", "backport", "1", {"dataclasses.py": ""})
    versions.install(folder.parents[1], "2.0.0", wheel)
    return f"module dataclasses in {folder} would hide Python's own"


@pytest.mark.parametrize(
    "spoil",
    [
        lose,
        write_over,
        add_module,
        lose_library,
        lose_record,
        cut_off_record,
        add_bytecode_without_source,
        bring_the_function,
        bring_an_old_library_of_the_function,
        bring_a_module_of_python,
    ],
)
def test_a_folder_that_is_not_whole_is_left_out_and_the_others_stay(
    charts: pathlib.Path, spoil: Callable[[pathlib.Path], str]
) -> None:
    reason = spoil(charts / "greetings/2.0.0")

    assert here(charts) == ["1.0.0"]
    assert faults(charts) == [reason]


def test_a_folder_is_named_by_its_wheel_and_its_version(charts: pathlib.Path) -> None:
    (charts / "greetings/2.0.0").rename(charts / "greetings/2.1.0")
    (charts / "others").mkdir()
    (charts / "greetings/1.0.0").rename(charts / "others/1.0.0")

    assert here(charts) == []
    assert faults(charts) == [
        f"{charts}/greetings/2.1.0 holds greetings 2.0.0: name the folder so",
        f"{charts}/others/1.0.0 holds no wheel others",
    ]


def test_a_version_is_taken_up_once_it_is_whole_and_let_go(charts: pathlib.Path, tmp_path: pathlib.Path) -> None:
    environments = Environments(charts)
    assert len(environments.look().unusable) == 0
    whole = versions.install_greetings(tmp_path / "more", "3.0.0", pins="1.0")
    target = charts / "greetings/3.0.0"
    late = pathlib.Path("greetings/late.py")
    shutil.copytree(whole, target, ignore=shutil.ignore_patterns("late.py"))

    assert [each.version for each in environments.look().unusable] == ["3.0.0"]
    shutil.copy(whole / late, target / late)
    assert environments.look().require("greeting").version == "3.0.0"
    shutil.rmtree(target)
    assert environments.look().require("greeting").version == "2.0.0"


def several(charts: pathlib.Path, *more: str) -> registry.Registry:
    for version in more:
        versions.install_greetings(charts, version, pins="1.0")
    return Environments(charts).look()


@pytest.mark.parametrize(
    ("version", "want"),
    [
        pytest.param("", "2.0.0", id="the newest, but no pre-release"),
        pytest.param("1.0.0", "1.0.0", id="a version"),
        pytest.param("1.0", "1.0.0", id="a version in another spelling"),
        pytest.param("10.0rc1", "10.0rc1", id="a pre-release"),
        pytest.param("==1.*", "1.10.0", id="the newest by version, not by alphabet"),
        pytest.param("~=1.0", "1.10.0", id="a compatible release"),
        pytest.param(">=1,<1.10", "1.0.0", id="a range"),
        pytest.param(">2", "10.0rc1", id="a range in which only a pre-release is"),
    ],
)
def test_a_version_or_a_range_gets_the_newest_that_fits(charts: pathlib.Path, version: str, want: str) -> None:
    found = several(charts, "1.10.0", "10.0rc1")

    assert found.require("greeting", version=version).version == want


def test_a_digest_gets_its_folder_alone(charts: pathlib.Path) -> None:
    found = several(charts)
    old = found.require("greeting", version="1.0.0")

    assert found.require("greeting", digest=old.digest) == old
    assert found.require("greeting", version=">=1", digest=old.digest) == old


def test_an_unknown_version_is_refused_with_those_there_are(charts: pathlib.Path) -> None:
    (charts / "greetings/2.0.0/greetings/late.py").unlink()
    found = several(charts)
    digest, other = found.require("greeting").digest, "sha256:" + 64 * "0"

    def refusal(**asked: str) -> str:
        with pytest.raises(FatalError) as caught:
            found.require("greeting", **asked)
        return str(caught.value)

    assert refusal(version="~=3.0") == (
        'chart "greeting" of wheel greetings is not here in version ~=3.0; versions here: 1.0.0'
    )
    assert refusal(version="2.0") == (
        'chart "greeting" of wheel greetings can\'t be used in version 2.0: '
        f"{charts}/greetings/2.0.0/greetings/late.py is missing; versions here: 1.0.0"
    )
    assert refusal(version="1.0.0", digest=other) == (
        f'chart "greeting" of wheel greetings is not here in version 1.0.0 with digest {other}; '
        f"versions here: 1.0.0 ({digest})"
    )


def test_a_chart_of_which_no_version_can_be_used_is_unknown_and_the_line_says_why(charts: pathlib.Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        (charts / f"greetings/{version}/greetings/late.py").unlink()

    with pytest.raises(FatalError) as caught:
        Environments(charts).look().require("greeting")

    line = str(caught.value)
    assert line.startswith('unknown chart "greeting"')
    assert line.endswith(f"; greetings 2.0.0 can't be used: {charts}/greetings/2.0.0/greetings/late.py is missing")
