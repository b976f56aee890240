"""Kinds of text in the spec: what Kubernetes checks of them, and what they are called in an error.

A rule stands here once for both who check it. Kubernetes gets a pattern, a
length and CEL rules; Python gets the same pattern and words for people.
"""

import dataclasses
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pydantic
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Rule(NamedTuple):
    """A CEL rule, an entry of `x-kubernetes-validations`."""

    rule: str
    message: str


def checked_by(*rules: Rule) -> JsonDict:
    """Return CEL rules over a whole model, as its `json_schema_extra`."""
    return {"x-kubernetes-validations": [{**each._asdict()} for each in rules]}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
    """Annotates a `str`: text of one form.

    Attributes:
        pattern: RE2 pattern the whole text matches.
        expected: What the text has to be, as it follows "must be".
        max_length: Longest text accepted.
        rules: CEL rules, for what a pattern cannot say and for changes.
        accepts: The CEL rules that look at one value, in Python.
    """

    pattern: str
    expected: str
    max_length: int
    rules: tuple[Rule, ...] = ()
    accepts: Callable[[str], bool] = lambda _: True

    def check(self, value: str) -> str:
        """Return the value.

        Raises:
            ValueError: If it is not of this form.
        """
        if len(value) <= self.max_length and re.fullmatch(self.pattern, value) and self.accepts(value):
            return value
        msg = f"must be {self.expected}"
        raise ValueError(msg)

    def __get_pydantic_core_schema__(self, source: Any, handler: pydantic.GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401  # pydantic's signature.
        """Check after pydantic's own."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: pydantic.GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add what Kubernetes can check."""
        described = handler(schema)
        described |= {"pattern": self.pattern, "maxLength": self.max_length}
        if self.rules:
            described["x-kubernetes-validations"] = [each._asdict() for each in self.rules]
        return described
