"""The site's pages: every Markdown file of the workspace, where it is; a hook of mkdocs.yml.

A page has the path in the site's sources that it has in the repository, so that a link means the same on GitHub and on
the site, and MkDocs checks it. A link to what is no page, a folder or a file of the repository, leads to GitHub.
"""

import pathlib
import posixpath
import subprocess
import urllib.parse
from xml.etree.ElementTree import Element

import schemas
from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_SHOWN = {".md", ".png", ".svg"}

_CONTRIBUTORS = (
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/how-to/releasing.md",
    "stacks/internal-dns/e2e/",
    "third_party/",
    "tools/",
)
"""Pages for who changes this project: the search finds them after those for its users."""


class _Links(Treeprocessor):
    """Leads a page's links to what is no page to the repository's own site; `page` is the one that is rendered."""

    page: str
    repository: str
    tracked: frozenset[str]

    def run(self, root: Element) -> None:
        for element in root.iter("a"):
            element.set("href", self.target(element.get("href", "")))

    def target(self, link: str) -> str:
        """Return where a link of the page has to lead. What leads nowhere stays as it is, and MkDocs finds it."""
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path:
            return link
        folder = posixpath.dirname(self.page)
        path = posixpath.normpath(posixpath.join(folder, urllib.parse.unquote(parts.path)))
        if path in self.tracked:
            if _is_shown(path):
                return link
            return parts._replace(path=f"{self.repository}/blob/main/{urllib.parse.quote(path)}").geturl()
        if (readme := f"{path}/README.md") in self.tracked:
            return posixpath.relpath(readme, folder or ".")
        if any(name.startswith(f"{path}/") for name in self.tracked):
            return f"{self.repository}/tree/main/{urllib.parse.quote(path)}"
        return link


class _LinksExtension(Extension):
    def __init__(self, links: _Links) -> None:
        super().__init__()
        self.links = links

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # Markdown's own name
        # Before MkDocs' own, which has priority 0 and looks for pages.
        md.treeprocessors.register(self.links, "repository-links", 1)


_links = _Links()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give Markdown the links' extension."""
    _links.repository = str(config.repo_url).rstrip("/")
    _links.tracked = frozenset(_tracked(pathlib.Path(config.config_file_path).parent))
    config.markdown_extensions.append(_LinksExtension(_links))  # pyright: ignore[reportArgumentType]  # Markdown takes both
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Replace what MkDocs found in its one folder by all that git keeps of pages and pictures."""
    root = pathlib.Path(config.config_file_path).parent
    for file in [*files.documentation_pages(), *files.media_files()]:
        if file.src_dir == config.docs_dir:
            files.remove(file)
    for name in sorted(_links.tracked):
        if not _is_shown(name):
            continue
        file = File.generated(config, name, abs_src_path=str(root / name))
        file.dest_uri = file.dest_uri.removeprefix("docs/")
        file.edit_uri = name  # pyright: ignore[reportAttributeAccessIssue]  # a property that may be set
        files.append(file)
    for name, text in schemas.published(root).items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  # MkDocs gives them
    """Tell the links which page comes next: MkDocs renders one after the other. The first has no other beside it."""
    _links.page = page.file.src_uri
    if page.is_homepage:
        page.meta["hide"] = ["navigation"]
    if page.file.src_uri.startswith(_CONTRIBUTORS):
        page.meta["search"] = {"boost": 0.1}
    return markdown


def _is_shown(name: str) -> bool:
    return pathlib.PurePosixPath(name).suffix in _SHOWN and not name.startswith(".")  # GitHub's own forms


def _tracked(root: pathlib.Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\0")
    return [name for name in names if name and (root / name).is_file()]
