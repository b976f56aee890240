"""The site shows what GitHub shows of the same files, and needs nobody else's servers."""

import pathlib
import re
import subprocess
from collections.abc import Iterator

import bs4
import pytest
from markdown_it import MarkdownIt
from sites import WORKSPACE


def pages() -> list[str]:
    command = ["git", "-C", str(WORKSPACE), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    return [page for page in listed if not page.startswith(".")]  # GitHub's own forms


def built(site: pathlib.Path, page: str) -> pathlib.Path:
    path = pathlib.PurePosixPath(page.removeprefix("docs/"))
    return site / (path.parent if path.name == "README.md" else path.with_suffix("")) / "index.html"


def outline(tree: bs4.Tag) -> Iterator[tuple[str, str]]:
    """Yield the parts of a page with their text: a list or a table that is none is found by them."""
    for part in tree.find_all(["h1", "h2", "h3", "h4", "li", "p", "pre", "td", "th"]):
        # A list's item has its text in a paragraph or not, as there are blank lines between items.
        if part.name != "p" or not part.find_parent("li"):
            yield part.name, " ".join(part.get_text().split())


@pytest.mark.parametrize("page", pages())
def test_a_page_has_the_parts_it_has_on_github(page: str, site: pathlib.Path) -> None:
    shown = bs4.BeautifulSoup(built(site, page).read_text(encoding="utf-8"), "html.parser").select_one("article")
    assert shown
    for addition in shown.select("a.headerlink, a.md-content__button, div.doc-object"):
        addition.decompose()
    text = re.sub(r"^::: .*$", "", (WORKSPACE / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    github = MarkdownIt("gfm-like", {"linkify": False}).render(text)

    if "<h1>" not in github and shown.h1:
        shown.h1.decompose()  # The theme's own, where a page has none: a changelog.

    assert list(outline(shown)) == list(outline(bs4.BeautifulSoup(github, "html.parser")))


def test_a_page_loads_nothing_from_elsewhere(site: pathlib.Path) -> None:
    html = sorted(site.rglob("*.html"))
    trees = [bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in html]
    loading = "script[src], img[src], iframe[src], link[rel=stylesheet], link[rel=icon], link[rel=preconnect]"
    addresses = {str(tag.get("src") or tag.get("href")) for tree in trees for tag in tree.select(loading)}

    assert addresses
    assert [address for address in addresses if "//" in address] == []
