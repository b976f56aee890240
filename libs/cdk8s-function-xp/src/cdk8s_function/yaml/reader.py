"""Read YAML as Kubernetes tools do: every value is a JSON value.

PyYAML parses; what its nodes mean is decided here, as sigs.k8s.io/yaml and
go.yaml.in/yaml/v2 decide it (yaml.go and decode.go there): keys become text, a
date stays text, of two equal keys the last counts, and a merge key (`<<`) is a
key like any other in that order.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from typing import Any

import yaml

from cdk8s_function.objects import Json
from cdk8s_function.yaml import go_numbers, scalars
from cdk8s_function.yaml.scalars import Tag

_PLAIN = "plain"
"""The tag given to plain scalars that have none: their text decides."""

_CORE = "tag:yaml.org,2002:"
_MERGE_KEY = "<<"


class InvalidError(Exception):
    """The text is not YAML, or has a value that JSON lacks; `str()` is where and why."""

    def __init__(self, mark: yaml.Mark | None, problem: str) -> None:
        """Put the position before the problem."""
        super().__init__(f"line {mark.line + 1}: {problem}" if mark else problem)


class _Composer(yaml.BaseLoader):
    """Composes nodes, and does not interpret plain scalars."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:  # noqa: ANN401  # PyYAML's signature.
        if kind is yaml.ScalarNode and implicit[0]:
            return _PLAIN
        return super().resolve(kind, value, implicit)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def documents(text: str) -> Iterator[Json]:
    """Return the values of a stream's documents, None for an empty one.

    Args:
        text: The stream.

    Raises:
        InvalidError: If it is not YAML, or holds what JSON can't.
    """
    try:
        for node in yaml.compose_all(text, Loader=_Composer):
            yield _value(node, above=())
    except yaml.MarkedYAMLError as error:
        raise InvalidError(error.problem_mark, error.problem or "it is not YAML") from error
    except yaml.reader.ReaderError as error:
        msg = f"a character that YAML does not allow: U+{error.character:04X}"
        raise InvalidError(None, msg) from error


def _value(node: yaml.Node, *, above: tuple[yaml.Node, ...]) -> Json:
    if node in above:
        raise InvalidError(node.start_mark, "an anchor's value contains itself")
    match node:
        case yaml.ScalarNode():
            return _scalar(node)[1]
        case yaml.SequenceNode():
            return [_value(item, above=(*above, node)) for item in node.value]
        case yaml.MappingNode():
            return _mapping(node, above=(*above, node))
        case _:
            msg = f"unknown node {node!r}"
            raise TypeError(msg)


def _mapping(node: yaml.MappingNode, *, above: tuple[yaml.Node, ...]) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for key, item in node.value:
        if _is_merge(key):
            for merged in _merged(item):
                result.update(_mapping(merged, above=(*above, merged)))
            continue
        result[_key(key)] = _value(item, above=above)
    return result


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == _MERGE_KEY and key.tag in {_PLAIN, f"{_CORE}merge"}


def _merged(node: yaml.Node) -> list[yaml.MappingNode]:
    """Return the mappings of a merge key; the last one wins."""
    nodes = list(reversed(node.value)) if isinstance(node, yaml.SequenceNode) else [node]
    mappings = [item for item in nodes if isinstance(item, yaml.MappingNode)]
    if len(mappings) != len(nodes):
        raise InvalidError(node.start_mark, "<< needs a mapping, or a list of mappings")
    return mappings


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise InvalidError(node.start_mark, "a key must be text")
    match _scalar(node, key=True):
        case Tag.NULL, _:
            raise InvalidError(node.start_mark, "a key must be text, not null")
        case Tag.BOOL, value:
            return "true" if value else "false"
        case Tag.FLOAT, float(value):
            return go_numbers.single(value)
        case _, value:
            return str(value)


def _scalar(node: yaml.ScalarNode, *, key: bool = False) -> tuple[Tag, scalars.Scalar]:
    tag, text = node.tag, node.value
    if tag == f"{_CORE}binary":
        try:
            return Tag.TEXT, base64.b64decode(text, validate=True).decode(errors="replace")
        except binascii.Error as error:
            raise InvalidError(node.start_mark, f"!!binary is not base64: {error}") from error
    if tag != _PLAIN and tag.removeprefix(_CORE) not in {"bool", "int", "float", "null", "timestamp"}:
        return Tag.TEXT, text
    found, value = scalars.resolve(text)
    if tag == f"{_CORE}float" and found is Tag.INT and isinstance(value, int):
        found, value = Tag.FLOAT, float(value)
    elif tag not in {_PLAIN, f"{_CORE}{found.value}"}:
        raise InvalidError(node.start_mark, f"{text!r} is no {tag.removeprefix(_CORE)}")
    if isinstance(value, float) and not key:
        if not math.isfinite(value):
            raise InvalidError(node.start_mark, f"{text} has no JSON form")
        # JSON has one kind of number: a whole one is an integer again.
        value = int(value) if value.is_integer() and abs(value) < go_numbers.INT64 else value
    if found is Tag.INT and isinstance(value, int) and value >= go_numbers.INT64 and not key:
        value = float(value)
    return found, value
