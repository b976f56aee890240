"""A link that leads nowhere fails the build, and one to what is no page leads to GitHub.

Each test builds a small repository of its own with the workspace's settings and hook.
"""

import contextlib
import http.server
import pathlib
import re
import subprocess
import threading
from collections.abc import Callable, Generator

import bs4
import pytest
from sites import WORKSPACE, build

GITHUB = "https://github.com/function-cdk8s/function-cdk8s"

Repository = Callable[[str], pathlib.Path]


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> Repository:
    """Return a function that makes a repository whose README has a text; it returns its configuration."""

    def repository(readme: str) -> pathlib.Path:
        root = tmp_path / "repository"
        files = {
            "README.md": f"# Home\n\n{readme}\n",
            "docs/page.md": "# Page\n\n## A part: `x`\n\n[home](../README.md#home)\n",
            "libs/one/README.md": "# One\n",
            "libs/two/two.py": "",
            ".gitignore": "built/\n",
            "built/page.md": "# Not in the repository\n",
            "mkdocs.yml": f"""
INHERIT: {WORKSPACE / "mkdocs.yml"}
docs_dir: docs
hooks: [{WORKSPACE / "tools/docs/pages.py"}]
nav: [README.md, docs/page.md]
theme: {{custom_dir: {WORKSPACE / "tools/docs/theme"}}}
watch: []
""",
        }
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        subprocess.run(["git", "init", "--quiet", root], check=True)
        return root / "mkdocs.yml"

    return repository


BROKEN = {
    "docs/none.md": "a link 'docs/none.md', but the target is not found among documentation files.",
    "built/page.md": "a link 'built/page.md', but the target is not found among documentation files.",
    "../outside.md": "a link '../outside.md', but the target is not found among documentation files.",
    "libs/two/three.py": "a link 'libs/two/three.py', but the target is not found among documentation files.",
    "docs/none.png": "a link 'docs/none.png', but the target is not found among documentation files.",
    "libs/three": "an unrecognized relative link 'libs/three', it was left as is.",
    "/docs/page.md": "an absolute link '/docs/page.md', it was left as is. Did you mean 'docs/page.md'?",
    "#none": "a link '#none', but there is no such anchor on this page.",
    "docs/page.md#none": "a link 'docs/page.md#none', but the doc 'docs/page.md' does not contain an anchor '#none'.",
}


def test_each_broken_link_fails_the_build(repository: Repository, tmp_path: pathlib.Path) -> None:
    links = " ".join(f"[link]({link})" for link in BROKEN)

    done = build(repository(links), tmp_path / "site")

    found = re.findall(r"^WARNING -  Doc file 'README\.md' contains (.+)$", done.stderr, re.MULTILINE)
    assert sorted(found) == sorted(BROKEN.values())
    assert done.returncode == 1


def test_a_page_that_the_navigation_lacks_fails_the_build(repository: Repository, tmp_path: pathlib.Path) -> None:
    config = repository("")
    (config.parent / "docs/forgotten.md").write_text("# Forgotten\n", encoding="utf-8")

    done = build(config, tmp_path / "site")

    assert "  - docs/forgotten.md" in done.stderr
    assert "libs/one/README.md" not in done.stderr, "a README below libs is found by links"
    assert done.returncode == 1


LED = {
    "docs/page.md": "page/",
    "docs/page.md#a-part-x": "page/#a-part-x",
    "libs/one": "libs/one/",
    "libs/one/README.md": "libs/one/",
    "libs/two": f"{GITHUB}/tree/main/libs/two",
    "libs/two/two.py#L1": f"{GITHUB}/blob/main/libs/two/two.py#L1",
    "https://example.org/docs/none.md": "https://example.org/docs/none.md",
}


def test_each_link_leads_where_it_does_on_github(repository: Repository, tmp_path: pathlib.Path) -> None:
    done = build(repository(" ".join(f"[link]({link})" for link in LED)), tmp_path / "site")

    assert done.returncode == 0, done.stderr
    page = bs4.BeautifulSoup((tmp_path / "site/index.html").read_text(encoding="utf-8"), "html.parser")
    assert [link["href"] for link in page.select("article a") if link.text == "link"] == list(LED.values())


class Site(http.server.BaseHTTPRequestHandler):
    """Somebody else's site, of one page."""

    def do_HEAD(self) -> None:
        self.send_response(200 if self.path == "/there" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that http.server has
        pass


@contextlib.contextmanager
def served() -> Generator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            # Links to localhost and 127.0.0.1 are examples, which the check leaves out.
            yield f"http://127.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_external_links_are_asked_for_only_when_asked_to(repository: Repository, tmp_path: pathlib.Path) -> None:
    with served() as url:
        config = repository(f"[there]({url}/there) [gone]({url}/gone)")

        assert build(config, tmp_path / "site").returncode == 0
        done = build(config, tmp_path / "site", DOCS_EXTERNAL_LINKS="true")

    assert re.findall(r"invalid url - (\S+) \[(\d+)\] \[README\.md\]", done.stderr) == [(f"{url}/gone", "404")]
    assert done.returncode == 1
