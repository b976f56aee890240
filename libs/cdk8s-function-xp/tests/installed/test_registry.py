"""Charts among the entry points of wheels laid out in folders, as pip does it."""

import pathlib

import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.protocol.messages import ChartRef


def wheel(folder: pathlib.Path, dist: str, version: str, **charts: str) -> str:
    """Lay out an installed wheel's metadata and return the folder."""
    info = folder / f"{dist.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n", encoding="utf-8")
    points = "".join(f"{name} = {target}\n" for name, target in charts.items())
    text = f"[console_scripts]\nserve = elsewhere:main\n\n[{registry.GROUP}]\n{points}"
    (info / "entry_points.txt").write_text(text, encoding="utf-8")
    return str(folder)


def chart(name: str, dist: str, version: str = "1.0.0") -> ChartRef:
    return ChartRef(name=name, dist=dist, version=version, target=f"{name}:Chart")


def test_every_chart_of_every_wheel_is_found(tmp_path: pathlib.Path) -> None:
    one = wheel(tmp_path / "one", "Team.A_Charts", "1.0.0", web="web:Chart", dns="dns:Chart")
    two = wheel(tmp_path / "two", "b", "2.0.0", cache="cache:Chart")

    found = registry.discover([one, two])

    assert found == registry.Registry(
        (chart("cache", "b", "2.0.0"), chart("dns", "team-a-charts"), chart("web", "team-a-charts"))
    )
    assert found.names() == ["cache", "dns", "web"]


def test_the_first_folder_decides_a_wheels_version(tmp_path: pathlib.Path) -> None:
    new = wheel(tmp_path / "new", "a", "2.0.0", web="web:Chart")
    old = wheel(tmp_path / "old", "A", "1.0.0", web="web:Chart", gone="gone:Chart")

    assert registry.discover([new, old]) == registry.Registry((chart("web", "a", "2.0.0"),))
    assert registry.discover([old, new]).names() == ["gone", "web"]


def test_a_wheel_of_other_content_is_another_though_its_version_is_the_same(tmp_path: pathlib.Path) -> None:
    records: list[str] = []
    for content in ("web.py,sha256=one,1\n", "web.py,sha256=other,1\n"):
        folder = wheel(tmp_path / f"with-{len(records)}", "a", "1.0.0", web="web:Chart")
        (pathlib.Path(folder) / "a-1.0.0.dist-info" / "RECORD").write_text(content, encoding="utf-8")
        records.append(registry.discover([folder]).require("web").record_digest)

    assert all(records)
    assert records[0] != records[1]


@pytest.mark.parametrize(
    "content",
    [pytest.param(None, id="without metadata"), pytest.param("Version: 1\n", id="without a name")],
)
def test_a_broken_wheel_hides_no_other(tmp_path: pathlib.Path, content: str | None) -> None:
    folder = wheel(tmp_path, "a", "1.0.0", web="web:Chart")
    broken = tmp_path / "broken-1.0.0.dist-info"
    broken.mkdir()
    if content is not None:
        (broken / "METADATA").write_text(content, encoding="utf-8")

    assert registry.discover([folder]) == registry.Registry((chart("web", "a"),))


def test_without_folders_it_is_the_environment_that_counts() -> None:
    found = registry.discover()

    assert found.require("web-service").target == "web_service:WebService"
    assert found.require("good").dist == "fixture-charts"


TWO = registry.Registry((chart("dns", "a"), chart("web", "a"), chart("web", "b-charts")))


@pytest.mark.parametrize(
    ("name", "want"),
    [
        pytest.param("dns", chart("dns", "a"), id="a name only one wheel has"),
        pytest.param("a:dns", chart("dns", "a"), id="a name with its wheel, needed or not"),
        pytest.param("b-charts:web", chart("web", "b-charts"), id="a name of two wheels with one of them"),
        pytest.param("B_Charts:web", chart("web", "b-charts"), id="a wheel in another spelling"),
    ],
)
def test_a_name_finds_its_chart(name: str, want: ChartRef) -> None:
    assert TWO.require(name) == want


@pytest.mark.parametrize(
    ("charts", "name", "refusal"),
    [
        pytest.param(
            TWO,
            "web",
            'chart "web" is offered by 2 wheels; name one as "a:web" or "b-charts:web"',
            id="a name of two wheels",
        ),
        pytest.param(
            TWO,
            "DNS",
            'unknown chart "DNS" (did you mean "dns"?); known charts: dns, b-charts:web, a:web',
            id="a name in another case",
        ),
        pytest.param(
            TWO,
            "c:web",
            'unknown chart "c:web" (did you mean "a:web"?); known charts: a:web, b-charts:web, dns',
            id="a wheel that is not there",
        ),
        pytest.param(TWO, "", 'unknown chart ""; known charts: a:web, b-charts:web, dns', id="no name"),
        pytest.param(
            registry.Registry(()),
            "web",
            'unknown chart "web"; known charts: none '
            "(no installed wheel has an entry point in the group cdk8s_function.charts)",
            id="no charts at all",
        ),
    ],
)
def test_an_unknown_or_ambiguous_chart_name_is_refused(charts: registry.Registry, name: str, refusal: str) -> None:
    with pytest.raises(FatalError) as caught:
        charts.require(name)

    assert str(caught.value) == refusal
