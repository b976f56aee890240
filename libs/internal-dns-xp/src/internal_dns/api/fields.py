"""What a string type of the spec is made of: what Kubernetes and Python check, and how an error describes it.

A rule is written once for both. Kubernetes gets the pattern, the length and CEL
rules; Python gets the same pattern, and the words for the error.
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
class StringType:
    """Annotates a `str`: a string type.

    Attributes:
        pattern: RE2 pattern that the whole string matches.
        expected: What the string has to be, as it follows "must be" in an error.
        max_length: Most characters.
        rules: CEL rules, for what a pattern cannot express and for changes.
        accepts: In Python, what those CEL rules check of a new value.
    """

    pattern: str
    expected: str
    max_length: int
    rules: tuple[Rule, ...] = ()
    accepts: Callable[[str], bool] = lambda _: True

    def check(self, value: str) -> str:
        """Return the value.

        Raises:
            ValueError: If it is not of this type.
        """
        if len(value) <= self.max_length and re.fullmatch(self.pattern, value) and self.accepts(value):
            return value
        msg = f"must be {self.expected}"
        raise ValueError(msg)

    def __get_pydantic_core_schema__(self, source: Any, handler: pydantic.GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401  # pydantic's signature.
        """Check after pydantic's own check of a `str`."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: pydantic.GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add what Kubernetes checks."""
        described = handler(schema)
        described |= {"pattern": self.pattern, "maxLength": self.max_length}
        if self.rules:
            described["x-kubernetes-validations"] = [each._asdict() for each in self.rules]
        return described
