"""Calls that skip jsii's checks of arguments: they ask the kernel for the same, and refuse what those checks refuse."""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import enum
from collections.abc import Callable
from typing import Any

import pytest
from cdk8s_function.kernel import plain_arguments
from cdk8s_function.kernel.switch import KERNELS

# What follows imports cdk8s: the two kernels come first.
# isort: split
import cdk8s
import jsii


class Word(enum.StrEnum):
    """A string of another class."""

    PLAIN = "plain"


class Own(cdk8s.ApiObject):
    """A chart author's class."""


V1 = {"api_version": "v1", "kind": "ConfigMap"}
METADATA = cdk8s.ApiObjectMetadata(name="a")


def asked(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]) -> list[Any]:
    """Return what the kernel is asked for, and the TypeError if there is one."""
    calls: list[Any] = []

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(each) for each in value]
        return sorted(value._values.items()) if isinstance(value, cdk8s.ApiObjectProps) else value

    def noting(name: str) -> Callable[..., None]:
        return lambda *args: calls.append([name, *map(plain, args)])

    with monkeypatch.context() as patch:
        for name in ("create", "invoke", "sinvoke"):
            patch.setattr(jsii, name, noting(name))
        try:
            ask()
        except TypeError as error:
            calls.append(str(error))
    return calls


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        pytest.param(["id"], V1, id="plain"),
        pytest.param(["id"], {"kind": "ConfigMap", "api_version": "v1"}, id="in another order"),
        pytest.param(["id"], {**V1, "metadata": None}, id="no metadata"),
        pytest.param(["id"], {**V1, "metadata": METADATA}, id="metadata"),
        pytest.param(["id"], {**V1, "metadata": {"name": "a"}}, id="metadata as a mapping"),
        pytest.param([], {**V1, "id": "id"}, id="the id by name"),
        pytest.param([Word.PLAIN], V1, id="an id of another class"),
        pytest.param([1], V1, id="an id that is no string"),
        pytest.param([None], V1, id="no id"),
        pytest.param(["id"], {**V1, "kind": 1}, id="a kind that is no string"),
        pytest.param(["id"], {**V1, "api_version": None}, id="no apiVersion"),
        pytest.param(["id"], {"kind": "ConfigMap"}, id="a field that lacks"),
        pytest.param(["id"], {**V1, "data": {}}, id="a field too many"),
        pytest.param(["id", "more"], V1, id="an argument too many"),
    ],
)
@pytest.mark.parametrize("kind", [cdk8s.ApiObject, Own])
@pytest.mark.parametrize("scoped", [True, False], ids=["in a chart", "in no construct"])
def test_an_object_is_made_as_by_the_generated_method(
    monkeypatch: pytest.MonkeyPatch,
    args: list[Any],
    kwargs: dict[str, Any],
    kind: type[cdk8s.ApiObject],
    *,
    scoped: bool,
) -> None:
    scope: Any = cdk8s.Chart.__new__(cdk8s.Chart) if scoped else "a chart"
    made = kind.__new__(kind)

    ours = asked(monkeypatch, lambda: plain_arguments._api_object(made, scope, *args, **kwargs))

    assert ours == asked(monkeypatch, lambda: plain_arguments._make(made, scope, *args, **kwargs))
    assert ours


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        pytest.param(["/data", {"a": 1}], {}, id="plain"),
        pytest.param(["/data", None], {}, id="no value"),
        pytest.param(["/data"], {"value": 1}, id="the value by name"),
        pytest.param([Word.PLAIN, 1], {}, id="a path of another class"),
        pytest.param([1, 1], {}, id="a path that is no string"),
        pytest.param(["/data"], {}, id="an argument that lacks"),
        pytest.param(["/data", 1, 2], {}, id="an argument too many"),
    ],
)
def test_a_patch_is_made_as_by_the_generated_method(
    monkeypatch: pytest.MonkeyPatch, args: list[Any], kwargs: dict[str, Any]
) -> None:
    ours = asked(monkeypatch, lambda: plain_arguments._patch_that_adds(cdk8s.JsonPatch, *args, **kwargs))

    assert ours == asked(monkeypatch, lambda: plain_arguments._add(cdk8s.JsonPatch, *args, **kwargs))
    assert ours


PATCH = cdk8s.JsonPatch.__new__(cdk8s.JsonPatch)


@pytest.mark.parametrize("ops", [[], [PATCH], [PATCH, PATCH], ["a patch"], [PATCH, None]])
def test_patches_are_added_as_by_the_generated_method(monkeypatch: pytest.MonkeyPatch, ops: list[Any]) -> None:
    made = cdk8s.ApiObject.__new__(cdk8s.ApiObject)

    ours = asked(monkeypatch, lambda: plain_arguments._patched(made, *ops))

    assert ours == asked(monkeypatch, lambda: plain_arguments._add_json_patch(made, *ops))
    assert ours


def test_calls_are_spared_their_checks_once_a_chart_can_be_synthesised() -> None:
    plain_arguments.spare_checks()

    assert not KERNELS.unusable
    assert cdk8s.ApiObject.__init__ is plain_arguments._api_object
    assert cdk8s.ApiObject.add_json_patch is plain_arguments._patched
    assert cdk8s.JsonPatch.add.__func__ is plain_arguments._patch_that_adds
