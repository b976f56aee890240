"""Spare the hottest calls of cdk8s their argument checks where the arguments pass them plainly.

For each object jsii's generated code checks every argument, of the call and of its
struct, and makes the type of `*ops` anew. What is a plain string or an object of the
right class passes all of that. Whatever else is given goes to the generated method.
"""

# jsii has no types for this. The methods are those of the blessed versions of cdk8s.
# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportAttributeAccessIssue=false

import functools
from typing import Any

from cdk8s_function.kernel.switch import KERNELS

# What follows imports cdk8s: the two kernels come first.
# isort: split
import cdk8s
import jsii
from constructs import Construct

_make = cdk8s.ApiObject.__init__
_add = vars(cdk8s.JsonPatch)["add"].__func__
_add_json_patch = cdk8s.ApiObject.add_json_patch


@functools.wraps(_make)
def _api_object(self: cdk8s.ApiObject, *args: Any, **kwargs: Any) -> None:
    if len(args) == 2 and kwargs.keys() == {"api_version", "kind"}:  # noqa: PLR2004  # The scope and the id.
        scope, id = args
        if type(id) is type(kwargs["api_version"]) is type(kwargs["kind"]) is str and isinstance(scope, Construct):
            props = cdk8s.ApiObjectProps.__new__(cdk8s.ApiObjectProps)
            props._values = kwargs
            jsii.create(self.__class__, self, [scope, id, props])
            return
    _make(self, *args, **kwargs)


@functools.wraps(_add)
def _patch_that_adds(cls: type[cdk8s.JsonPatch], *args: Any, **kwargs: Any) -> Any:
    if not kwargs and len(args) == 2 and type(args[0]) is str:  # noqa: PLR2004  # The path, and any value.
        return jsii.sinvoke(cls, "add", list(args))
    return _add(cls, *args, **kwargs)


@functools.wraps(_add_json_patch)
def _patched(self: cdk8s.ApiObject, *ops: Any) -> Any:
    for each in ops:
        if type(each) is not cdk8s.JsonPatch:
            return _add_json_patch(self, *ops)
    return jsii.invoke(self, "addJsonPatch", list(ops))


def spare_checks() -> None:
    """Let the calls of this process skip those checks, if its version of cdk8s is known."""
    if KERNELS.unusable:
        return
    # By setattr: to the type checker these are methods.
    for owner, name, method in (
        (cdk8s.ApiObject, "__init__", _api_object),
        (cdk8s.ApiObject, "add_json_patch", _patched),
        (cdk8s.JsonPatch, "add", classmethod(_patch_that_adds)),
    ):
        setattr(owner, name, method)
