"""Each page in a real browser, on a desk and on a phone: nothing is cut off, no link is dead, the search finds."""

import functools
import http.server
import pathlib
import threading
import urllib.parse
from collections.abc import Generator

import pytest
from browser import Browser, browser

WIDTHS = {"desk": 1400, "phone": 390}

# What is wider than the window, unless it scrolls by itself as code and tables do.
WIDE = """(() => {
    const cut = each => each.getBoundingClientRect().right > innerWidth + 1;
    const scrolls = each => getComputedStyle(each).overflowX === 'auto' && !cut(each);
    const inside = (each, at = each.parentElement) => at && (scrolls(at) || inside(at));
    return [...document.querySelectorAll('main *')]
        .filter(each => cut(each) && !each.closest('.md-sidebar') && !inside(each))
        .map(each => each.outerHTML.slice(0, 100));
})()"""

SCROLLED = """[...document.querySelectorAll('article .md-typeset__scrollwrap')]
    .filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText.slice(0, 100))"""

PICTURES = """[...document.querySelectorAll('article img')].filter(each => !each.naturalWidth).map(each => each.src)"""

LINKS = "[...document.querySelectorAll('a[href]')].map(each => each.href)"

IDS = "[...document.querySelectorAll('[id]')].map(each => each.id)"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that http.server has
        pass


@pytest.fixture(scope="module")
def address(site: pathlib.Path) -> Generator[str]:
    """Serve the site; return its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


def pages(site: pathlib.Path) -> list[str]:
    found = [path.relative_to(site).as_posix().removesuffix("index.html") for path in sorted(site.rglob("index.html"))]
    assert len(found) > 40
    return found


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_no_element_is_wider_than_the_page(width: int, tab: Browser, address: str, site: pathlib.Path) -> None:
    cut = {}
    for page in pages(site):
        tab.open(address + page, width)
        wide = [*tab.run(WIDE), *tab.run(PICTURES)]
        if tab.run("document.documentElement.scrollWidth") > width or wide:
            cut[page] = wide

    assert cut == {}
    assert tab.faults == []


def test_a_phone_shows_each_table_whole_but_those_of_measurements(
    tab: Browser, address: str, site: pathlib.Path
) -> None:
    scrolled: dict[str, list[str]] = {}
    for page in pages(site):
        if page != "reference/performance/" and not page.startswith("third_party/"):
            tab.open(address + page, WIDTHS["phone"])
            scrolled[page] = tab.run(SCROLLED)

    assert {page: tables for page, tables in scrolled.items() if tables} == {}


def test_no_link_is_dead(tab: Browser, address: str, site: pathlib.Path) -> None:
    ids: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    for page in pages(site):
        tab.open(address + page, 1400)
        ids[page] = set(tab.run(IDS))
        links[page] = {link.removeprefix(address) for link in tab.run(LINKS) if link.startswith(address)}

    dead = {
        (page, link)
        for page, there in links.items()
        for link in there
        for path, _, part in [link.partition("#")]
        if not (site / path).exists() or (part and urllib.parse.unquote(part) not in ids[path] and part != "__skip")
    }
    assert dead == set()


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("cache", "explanation/cache/"),
        ("debug", "how-to/debugging/"),
        ("version", "explanation/versions/"),
        ("test", "how-to/testing/"),
        ("install", "how-to/deployment/"),
        ("metrics", "reference/observability/"),
        ("tailscale", "libs/internal-dns-xp/docs/deployment/"),
    ],
)
def test_the_search_finds_first(word: str, page: str, tab: Browser, address: str) -> None:
    tab.open(address, 1400)
    tab.run("document.querySelector('label[for=__search]').click()")
    tab.run("document.querySelector('.md-search__input').focus()")
    tab.call("Input.insertText", text=word)
    tab.wait("document.querySelectorAll('.md-search-result__link').length > 2")

    found = tab.run("document.querySelector('.md-search-result__link').href.split(/[?#]/)[0]")

    assert found == address + page
