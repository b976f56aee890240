"""What `plan` reads: versions that are given in words, and XRs in files of all kinds."""

import pathlib

import pytest
from function_cdk8s.plan import versions, xrs
from function_cdk8s.plan.versions import UnknownVersionError

STORE = "apiVersion: example.org/v1\nkind: Store\nmetadata: {name: NAME, namespace: a}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: a}\n"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        pytest.param(
            "dist/a.whl",
            "dist/a.whl: is neither a file nor a version; give a wheel, or a version like 1.2.0 or web-cache==1.2.0",
            id="a file that is not there",
        ),
        pytest.param(
            "1.0.0",
            "1.0.0: is a version, and no pyproject.toml here says of which wheel; give one like web-cache==1.0.0",
            id="a version of nothing",
        ),
        pytest.param("web-cache==1.0.0", "web-cache==1.0.0: cannot be taken from wheels: ", id="no such wheel"),
    ],
)
def test_a_version_that_is_not_there_is_one_line(
    given: str, refusal: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("wheels").mkdir()

    with pytest.raises(UnknownVersionError) as error, versions.unpacked(given, pathlib.Path("wheels")):
        pass

    assert str(error.value).startswith(refusal)
    assert len(str(error.value).splitlines()) == 1


def test_a_version_in_a_folder_of_its_own_is_taken_from_there(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTS_DIR", str(tmp_path))
    (tmp_path / "web-cache/1.2.0/web_cache-1.2.0.dist-info").mkdir(parents=True)

    with versions.unpacked("Web_Cache==1.2", None) as folder:
        assert folder == tmp_path / "web-cache/1.2.0"


@pytest.mark.parametrize(
    ("files", "stores"),
    [
        pytest.param({"a.yaml": STORE}, ["a.yaml"], id="one"),
        pytest.param({"a.yaml": f"{STORE}---\n{STORE}---\n{CONFIG}"}, ["a.yaml", "a.yaml"], id="two in a file"),
        pytest.param(
            {"a.yaml": f"apiVersion: v1\nkind: List\nitems:\n- {STORE.replace(chr(10), chr(10) + '  ')}"},
            ["a.yaml"],
            id="as kubectl lists them",
        ),
        pytest.param({"a.yml": STORE, "b.yaml": CONFIG, "c.txt": "a note"}, ["a.yml"], id="beside other files"),
        pytest.param({"a.yml": STORE, ".copier-answers.yml": "plural: stores\n"}, ["a.yml"], id="beside a hidden file"),
    ],
)
def test_xrs_are_found_in_files(files: dict[str, str], stores: list[str], tmp_path: pathlib.Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    found = [each for each in xrs.read(tmp_path) if each.xr["kind"] == "Store"]

    assert [each.file.name for each in found] == stores
    configs = sum("ConfigMap" in text for text in files.values())
    kinds = [[other["kind"] for other in each.surroundings["required"]].count("ConfigMap") for each in found]
    assert kinds == [configs] * len(found)


def test_a_composition_among_them_gives_the_props(tmp_path: pathlib.Path) -> None:
    step = "{step: a, functionRef: {name: f}, input: {kind: ChartInput, props: {size: 3}}}"
    pipeline = f"pipeline: [{{step: b, functionRef: {{name: g}}}}, {step}]"
    composition = (
        "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: stores}\n"
        f"spec: {{compositeTypeRef: {{apiVersion: example.org/v1, kind: Store}}, {pipeline}}}\n"
    )
    (tmp_path / "a.yaml").write_text(f"{STORE}---\n{STORE.replace('org/v1', 'org/v2')}---\n{composition}")

    props = [each.surroundings["props"] for each in xrs.read(tmp_path) if each.xr["kind"] == "Store"]

    assert props == [{"size": 3}, {}]
