"""The Python side of index.js, as jsii-pacmak would generate it but for the handwritten assembly."""

import io
import pathlib
import tarfile
import tempfile

import jsii
from cdk8s import ApiObject
from constructs import Construct

_FOLDER = pathlib.Path(__file__).parent


def _load() -> None:
    with tempfile.NamedTemporaryFile(suffix=".tgz") as file:
        with tarfile.open(fileobj=file, mode="w:gz") as tarball:
            for name in (".jsii", "package.json", "index.js"):
                content = (_FOLDER / name).read_bytes()
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                tarball.addfile(member, io.BytesIO(content))
        file.flush()
        jsii.kernel.load("fixture-charts", "0.1.0", file.name)


_load()


class Script(metaclass=jsii.JSIIMeta, jsii_type="fixture-charts.Script"):
    """Runs one of the scripts in Node.js."""

    @classmethod
    def run(cls, name: str) -> None:
        """Run it and wait for its end."""
        jsii.sinvoke(cls, "run", [name])  # pyright: ignore[reportUnknownMemberType]


class Widget(ApiObject, metaclass=jsii.JSIIMeta, jsii_type="fixture-charts.Widget"):
    """A custom resource."""

    def __init__(self, scope: Construct, id: str, *, spec: dict[str, object]) -> None:  # constructs' name.
        """Make one."""
        jsii.create(self.__class__, self, [scope, id, {"spec": spec}])  # pyright: ignore[reportUnknownMemberType]

    @jsii.member(jsii_name="entitle")
    def entitle(self, text: str) -> str:
        """Return what a title is made of a text."""
        return jsii.invoke(self, "entitle", [text])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    @property
    @jsii.member(jsii_name="title")
    def title(self) -> str:
        """The title; `entitle` makes it of what is set."""
        return jsii.get(self, "title")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    @title.setter
    def title(self, text: str) -> None:
        jsii.set(self, "title", text)
