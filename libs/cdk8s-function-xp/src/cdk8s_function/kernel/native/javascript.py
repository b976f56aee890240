"""The JavaScript that `cdk8s import` generates, read as data; none of it is run.

Every statement of a file has to be of one of the forms below, which are those
of cdk8s-cli 2.x as TypeScript compiles them, or nothing of the file is used.
"""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cdk8s_function.kernel.native import values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.rendering import Union

Form = Callable[[Any], Any]
"""What an expression makes of its operand; None is undefined."""


class UnknownFormError(Exception):
    """A file has a statement of no known form."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """A class of Kubernetes objects.

    Attributes:
        api_version: Its apiVersion.
        kind: Its kind.
        to_json: What renders the props.
    """

    api_version: str
    kind: str
    to_json: Form


@dataclasses.dataclass
class Generated:
    """What files define, classes by fully qualified name and enumerations by their own.

    Attributes:
        kinds: Classes of Kubernetes objects.
        unions: Classes of a number or a string, with the static methods that make them.
        enums: Enumerations.
    """

    kinds: dict[str, Kind] = dataclasses.field(default_factory=dict[str, Kind])
    unions: dict[str, frozenset[str]] = dataclasses.field(default_factory=dict[str, frozenset[str]])
    enums: dict[str, Mapping[str, str]] = dataclasses.field(default_factory=dict[str, Mapping[str, str]])


def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern in which a space stands for any white space, `«»` enclose what is a pattern itself."""
    parts = re.split("«(.*?)»", text)
    literal = [re.escape(part).replace(r"\ ", r"\s*") for part in parts[::2]]
    woven = [piece for pair in zip(literal, [*parts[1::2], ""], strict=True) for piece in pair]
    return re.compile("".join(woven))


_RTTI = r'\{ fqn: "(?P<fqn>[^"\\]+)", version: "[^"\\]*" \}'
_STATIC_RTTI = rf"(?:static \[JSII_RTTI_SYMBOL_1\] = {_RTTI};\s*)?"
_GVK = r"\{\s*apiVersion: '(?P<version>[^'\\]+)',\s*kind: '(?P<kind>[^'\\]+)',?\s*\}"
_PROPS = r"props(?: = \{\})?"

_IGNORED = re.compile(
    r'"use strict";|var (?:_[a-z0-9]+(?:, )?)+;|'
    r'Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);|'
    r"(?:exports\.\w+ = )+void 0;|exports\.(?P<one>\w+) = (?P=one);|"
    r'const JSII_RTTI_SYMBOL_1 = Symbol\.for\("jsii\.rtti"\);|'
    r'const cdk8s_1 = require\("cdk8s"\);|'
    r"_[a-z0-9]+ = JSII_RTTI_SYMBOL_1;"
)
_LATE_RTTI = re.compile(rf"(?P<name>\w+)\[_[a-z0-9]+\] = {_RTTI};")
_LATE_GVK = re.compile(rf"(?P<name>\w+)\.GVK = {_GVK};")
_KIND = _pattern(
    "class «(?P<name>\\w+)» extends cdk8s_1.ApiObject {"
    f" «{_STATIC_RTTI}»«(?:static GVK = {_GVK};\\s*)?»"
    f"static manifest(«{_PROPS}») {{ return {{ ...«(?P=name)».GVK, ...toJson_«(?P<props>\\w+)»(props), }}; }}"
    f" constructor(scope, id, «{_PROPS}») {{ super(scope, id, {{ ...«(?P=name)».GVK, ...props, }}); }}"
    " toJson() { const resolved = super.toJson();"
    " return { ...«(?P=name)».GVK, ...toJson_«(?P=props)»(resolved), }; } }"
)
_UNION = _pattern(
    "class «(?P<name>\\w+)» { «(?:value;\\s*)?»"
    f"«{_STATIC_RTTI}»"
    "«(?P<makes>(?:static from(?:Number|String)\\(value\\) \\{\\s*return new (?P=name)\\(value\\);\\s*\\}\\s*)+)»"
    "constructor(value) { this.value = value; } }"
)
_MAKE = re.compile(r"static (from\w+)")
_ENUM = _pattern(
    "var «(?P<name>\\w+)»; (function («(?P=name)») {"
    ' «(?P<members>(?:(?P=name)\\["\\w+"\\] = "[^"\\\\]*";\\s*)+)»'
    "})(«(?P=name)» || (exports.«(?P=name)» = «(?P=name)» = {}));"
)
_MEMBER = re.compile(r'\["(\w+)"\] = "([^"\\]*)";')
_FUNCTION = _pattern(
    "function toJson_«(?P<name>\\w+)»(obj) { if (obj === undefined) { return undefined; }"
    " const result = {«(?P<fields>[^{}]*(?:\\{[^\\n]*\\}[^{}]*)*)»};"
    " return Object.entries(result).reduce((r, i) => (i[1] === undefined) ? r : ({ ...r, [i[0]]: i[1] }), {}); }"
)
_FIELD = re.compile(r"'([^'\\]+)': (.*),")
_COMMENT = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|/\*.*?\*/|^[ \t]*//[^\n]*""", re.DOTALL | re.MULTILINE
)
"""A comment, or a text, in which nothing is one: that is kept."""
_BLANK = re.compile(r"\s*")

_ENTRIES = re.compile(
    r"\(\((?P<of>.+?)\) === undefined\) \? undefined : \(Object\.entries\((?P=of)\)\.reduce\("
    r"\(r, i\) => \(i\[1\] === undefined\) \? r : \(\{ \.\.\.r, \[i\[0\]\]: (?P<each>.*) \}\), \{\}\)\)"
)


class _Reader:
    """Reads one file.

    Args:
        text: The file.
        generated: What it adds to.
    """

    def __init__(self, text: str, generated: Generated) -> None:
        self._functions: dict[str, dict[str, tuple[str, Form]]] = {}
        self._called: set[str] = set()
        self._generated = generated
        self._gvks: dict[str, tuple[str, str]] = {}
        self._fqns: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._unions: dict[str, frozenset[str]] = {}
        self._enums: dict[str, Mapping[str, str]] = {}
        self._read(_COMMENT.sub(r"\1", text))
        self._conclude()

    def _read(self, text: str) -> None:
        at = _skipped(text, 0)
        takes = (
            (_IGNORED, self._take_nothing),
            (_FUNCTION, self._take_function),
            (_KIND, self._take_kind),
            (_LATE_RTTI, self._take_rtti),
            (_LATE_GVK, self._take_gvk),
            (_UNION, self._take_union),
            (_ENUM, self._take_enum),
        )
        while at < len(text):
            for pattern, take in takes:
                if match := pattern.match(text, at):
                    take(match)
                    at = _skipped(text, match.end())
                    break
            else:
                raise UnknownFormError(text[at : at + 60])

    def _take_nothing(self, match: re.Match[str]) -> None:
        pass

    def _take_rtti(self, match: re.Match[str]) -> None:
        self._fqns[match["name"]] = match["fqn"]

    def _take_gvk(self, match: re.Match[str]) -> None:
        self._gvks[match["name"]] = (match["version"], match["kind"])

    def _take_kind(self, match: re.Match[str]) -> None:
        self._kinds[match["name"]] = match["props"]
        if match["fqn"]:
            self._take_rtti(match)
        if match["version"]:
            self._take_gvk(match)

    def _take_union(self, match: re.Match[str]) -> None:
        self._unions[match["name"]] = frozenset(_MAKE.findall(match["makes"]))
        if match["fqn"]:
            self._take_rtti(match)

    def _take_enum(self, match: re.Match[str]) -> None:
        self._enums[match["name"]] = dict(_MEMBER.findall(match["members"]))

    def _take_function(self, match: re.Match[str]) -> None:
        fields: dict[str, tuple[str, Form]] = {}
        for line in match["fields"].splitlines():
            if not line.strip():
                continue
            field = _FIELD.fullmatch(line.strip())
            if field is None:
                raise UnknownFormError(line)
            name = re.match(r".*?\bobj\.(\w+)", field[2])
            if name is None or field[1] in values.ODD_KEYS or name[1] in values.ODD_KEYS:
                raise UnknownFormError(line)
            fields[field[1]] = (name[1], self._form(field[2], f"obj.{name[1]}"))
        self._functions[match["name"]] = fields

    def _form(self, text: str, operand: str) -> Form:
        """Return what an expression makes of its operand."""
        if text == operand:
            return _same
        if text == f"{operand}?.value":
            return _value
        if text == f"{operand}?.toISOString()":
            return _date
        if (match := re.fullmatch(r"toJson_(\w+)\((.+)\)", text)) and match[2] == operand:
            return self._call(match[1])
        if (match := re.fullmatch(r"(.+?)\?\.map\(y => (.+)\)", text)) and match[1] == operand:
            return _mapped(self._form(match[2], "y"))
        # A mapping is in parentheses once more.
        inner = text.removeprefix("(").removesuffix(")") if text.startswith("((") and text.endswith("))") else text
        for each in (text, inner):
            if (match := _ENTRIES.fullmatch(each)) and match["of"] == operand:
                return _entries(self._form(match["each"], "i[1]"))
        raise UnknownFormError(text)

    def _call(self, name: str) -> Form:
        functions = self._functions

        def call(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, dict):
                decline("a value of another type than its schema's")
            made: dict[str, Any] = {}
            for key, (source, form) in functions[name].items():
                if source in value:
                    item = value[source]
                    if item is None:
                        decline("null in a manifest")
                    rendered = form(item)
                    if rendered is not None:
                        made[key] = rendered
            return values.in_order(made)

        self._called.add(name)
        return call

    def _conclude(self) -> None:
        if missing := {*self._called, *self._kinds.values()} - self._functions.keys():
            raise UnknownFormError(min(missing))
        for name, props in self._kinds.items():
            if name not in self._gvks or name not in self._fqns:
                raise UnknownFormError(name)
            version, kind = self._gvks[name]
            self._generated.kinds[self._fqns[name]] = Kind(version, kind, self._call(props))
        for name, makes in self._unions.items():
            if name not in self._fqns:
                raise UnknownFormError(name)
            self._generated.unions[self._fqns[name]] = makes
        for name, members in self._enums.items():
            # Which of an assembly's modules an enumeration is of is not known here.
            if self._generated.enums.setdefault(name, members) != members:
                raise UnknownFormError(name)


def _skipped(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _same(value: Any) -> Any:
    return value


def _value(value: Any) -> Any:
    if isinstance(value, Union):
        return value.value
    return value.get("value") if isinstance(value, dict) else None


def _date(value: Any) -> Any:
    return None if value is None else decline("a date")


def _mapped(form: Form) -> Form:
    def map_(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            decline("a value of another type than its schema's")
        if None in value and form is not _same and form is not _value:
            decline("a list with nothing in it")
        return [form(item) for item in value]

    return map_


def _entries(form: Form) -> Form:
    def entries(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict) or None in value.values():
            decline("a value of another type than its schema's")
        return {name: made for name, item in value.items() if (made := form(item)) is not None}

    return entries


def read(texts: Iterable[str]) -> Generated:
    """Return what files of generated JavaScript define.

    Args:
        texts: The files.

    Raises:
        UnknownFormError: If one of them has a statement of no known form.
    """
    generated = Generated()
    for text in texts:
        _Reader(text, generated)
    return generated
