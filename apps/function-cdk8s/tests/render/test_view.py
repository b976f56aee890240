"""What a render saves."""

import pathlib

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.reconcile import Rendered
from function_cdk8s.render.calls import Calls
from function_cdk8s.render.view import View

RENDERED = Rendered(xr={"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "one"}})
CALLS = Calls(lambda _step, _req: fnv1.RunFunctionResponse())


def test_a_saved_render_is_its_owners_alone(tmp_path: pathlib.Path) -> None:
    saved = tmp_path / "last.yaml"

    View(save=saved).show(RENDERED, CALLS)

    assert "name: one" in saved.read_text(encoding="utf-8")
    assert saved.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [saved]


def test_a_render_that_can_not_be_saved_leaves_no_secrets_behind(tmp_path: pathlib.Path) -> None:
    saved = tmp_path / "last.yaml"
    saved.mkdir()

    with pytest.raises(RenderError, match=r"last\.yaml: cannot be written: Is a directory$"):
        View(save=saved).show(RENDERED, CALLS)

    assert list(tmp_path.iterdir()) == [saved]
