"""Write YAML as `kubectl get -o yaml` and Crossplane do, byte for byte.

They write it with go.yaml.in/yaml/v2, a port of libyaml. PyYAML's emitter has
the same ancestor, but breaks long quoted text elsewhere, leaves characters
outside the Basic Multilingual Plane unescaped, and lets none of its choices be
set. So this is an emitter of its own, for what JSON can say: maps with text
keys, lists, text, numbers, true, false and null, always in block style
(go.yaml.in/yaml/v2 v2.4.4, emitterc.go).
"""

from collections.abc import Mapping, Sequence
from typing import cast

from cdk8s_function.objects import Json
from cdk8s_function.yaml import go_numbers, keys, styles

_INDENT = 2
_WIDTH = 80
"""A line longer than this is broken at the next single space."""


def dump(document: Mapping[str, Json]) -> str:
    """Return one document as YAML, without a separator, keys sorted."""
    emitter = _Emitter()
    emitter.node(document)
    return emitter.text()


class _Emitter:
    """A document being written, and where on its last line the next character goes."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._column = 0
        self._indent = -1
        self._after_space = True
        self._in_indention = True

    def text(self) -> str:
        self._break_to_indent(0)
        return "".join(self._out)

    def node(self, value: Json, *, in_mapping: bool = False) -> None:
        match value:
            case Mapping() if value:
                self._mapping(cast("Mapping[str, Json]", value))
            case Mapping():
                self._mark("{", spaced=True)
                self._mark("}")
            case str():
                self._scalar(value)
            case Sequence() if value:
                self._sequence(cast("Sequence[Json]", value), compact=in_mapping and not self._in_indention)
            case Sequence():
                self._mark("[", spaced=True)
                self._mark("]")
            case _:
                self._plain(_constant(value), breakable=False)

    def _mapping(self, mapping: Mapping[str, Json]) -> None:
        outer = self._indent
        self._indent = 0 if outer < 0 else outer + _INDENT
        for key in keys.in_order(mapping):
            self._break_to_indent(self._indent)
            if styles.is_simple_key(key):
                self._scalar(key, is_key=True)
                self._mark(":")
            else:
                self._mark("?", spaced=True, is_indention=True)
                self.node(key, in_mapping=True)
                self._break_to_indent(self._indent)
                self._mark(":", spaced=True, is_indention=True)
            self.node(mapping[key], in_mapping=True)
        self._indent = outer

    def _sequence(self, items: Sequence[Json], *, compact: bool) -> None:
        outer = self._indent
        if not compact:
            self._indent = 0 if outer < 0 else outer + _INDENT
        for item in items:
            self._break_to_indent(self._indent)
            self._mark("-", spaced=True, is_indention=True)
            self.node(item)
        self._indent = outer

    def _scalar(self, text: str, *, is_key: bool = False) -> None:
        outer = self._indent
        self._indent = _INDENT if outer < 0 else outer + _INDENT
        style = styles.style_of(text, is_key=is_key)
        if style == "plain":
            self._plain(text, breakable=not is_key)
        elif style == "single":
            self._single(text, breakable=not is_key)
        elif style == "double":
            self._double(text, breakable=not is_key)
        else:
            self._literal(text)
        self._indent = outer

    def _plain(self, text: str, *, breakable: bool) -> None:
        if not self._after_space:
            self._put(" ")
        self._words(text, breakable=breakable)
        self._after_space = self._in_indention = False

    def _single(self, text: str, *, breakable: bool) -> None:
        self._mark("'", spaced=True)
        self._words(text.replace("'", "''"), breakable=breakable, inside=True)
        self._mark("'")
        self._after_space = self._in_indention = False

    def _words(self, text: str, *, breakable: bool, inside: bool = False) -> None:
        """Put text, broken where a line is too long at a single space (with inside: not at the ends)."""
        broken = inside and any(character in styles.BREAKS for character in text)
        if not broken and (not breakable or self._column + len(text) <= _WIDTH):
            self._put(text)
            return
        previous = ""
        for index, character in enumerate(text):
            following = text[index + 1 : index + 2]
            if character in styles.BREAKS:
                self._line_break(character)
            elif previous and previous in styles.BREAKS:
                self._break_to_indent(self._indent)
                self._put(character)
                self._in_indention = False
            elif (
                breakable
                and character == " "
                and previous != " "
                and following != " "
                and self._column > _WIDTH
                and not (inside and (index == 0 or not following))
            ):
                self._break_to_indent(self._indent)
            else:
                self._put(character)
            previous = character

    def _double(self, text: str, *, breakable: bool) -> None:
        # The original asks of each character whether the text begins with a byte order mark.
        escape_all = text.startswith("\ufeff")
        self._mark('"', spaced=True)
        previous = ""
        for index, character in enumerate(text):
            sequence = styles.escape(character) if escape_all else styles.escaped(character)
            if sequence:
                self._put(sequence)
            elif (
                character == " "
                and breakable
                and previous != " "
                and self._column > _WIDTH
                and 0 < index < len(text) - 1
            ):
                self._break_to_indent(self._indent)
                if text[index + 1] == " ":
                    self._put("\\")
            else:
                self._put(character)
            previous = character
        self._mark('"')
        self._after_space = self._in_indention = False

    def _literal(self, text: str) -> None:
        self._mark("|", spaced=True)
        if text[0] == " " or text[0] in styles.BREAKS:
            self._mark(str(_INDENT))
        if text[-1] not in styles.BREAKS:
            self._mark("-")
        elif len(text) == 1 or text[-2] in styles.BREAKS:
            self._mark("+")
        self._line_break("\n")
        self._after_space = True
        at_start = True
        for character in text:
            if character in styles.BREAKS:
                self._line_break(character)
                at_start = True
                continue
            if at_start:
                self._break_to_indent(self._indent)
            self._put(character)
            self._in_indention = at_start = False

    def _mark(self, indicator: str, *, spaced: bool = False, is_indention: bool = False) -> None:
        if spaced and not self._after_space:
            self._put(" ")
        self._put(indicator)
        self._after_space = False
        self._in_indention = self._in_indention and is_indention

    def _put(self, text: str) -> None:
        self._out.append(text)
        self._column += len(text)

    def _line_break(self, character: str) -> None:
        self._out.append(character)
        self._column = 0
        self._in_indention = True

    def _break_to_indent(self, indent: int) -> None:
        if not self._in_indention or self._column > indent or (self._column == indent and not self._after_space):
            self._line_break("\n")
        self._put(" " * (indent - self._column))
        self._after_space = self._in_indention = True


def _constant(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if -go_numbers.INT64 <= value < go_numbers.INT64:
            return str(value)
        case int() | float():
            return go_numbers.number(float(value))
        case _:
            msg = f"{type(value).__name__} has no JSON form"
            raise TypeError(msg)
