"""YAML of objects for people, without what changes with each release of a chart."""

from collections.abc import Mapping
from typing import Any, cast

from cdk8s_function.server.replacement_guard import VERSION_ANNOTATION
from cdk8s_function.yaml import writer


def of(value: Any) -> str:  # noqa: ANN401  # Any JSON.
    """Return a value as YAML; of objects without the annotation that names the chart's version.

    Args:
        value: A mapping, or anything else that JSON has.
    """
    cleaned = _without_release(value)
    return writer.dump(cast("dict[str, Any]", cleaned))


def _without_release(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {key: _without_release(each) for key, each in fields.items() if key != VERSION_ANNOTATION}
    if isinstance(value, list | tuple):
        return [_without_release(each) for each in cast("list[Any]", value)]
    return value
