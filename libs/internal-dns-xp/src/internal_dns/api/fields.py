"""String types of the spec: the checks by Kubernetes and by Python, and the text of the error.

Both use the same pattern and length. Kubernetes also gets CEL rules; Python gets
a function that checks the same, and the text of the error.
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
        expected: The text after "must be" in an error.
        max_length: Maximum number of characters.
        rules: CEL rules: for what a pattern cannot express, and for changes of the value.
        accepts: The same check of a new value in Python.
        refusal: The same, for a type with several reasons: why a value of the pattern is refused, "" if it is not.
    """

    pattern: str
    expected: str
    max_length: int
    rules: tuple[Rule, ...] = ()
    accepts: Callable[[str], bool] = lambda _: True
    refusal: Callable[[str], str] = lambda _: ""

    def check(self, value: str) -> str:
        """Return the value.

        Raises:
            ValueError: If it is not of this type.
        """
        if len(value) > self.max_length or not re.fullmatch(self.pattern, value) or not self.accepts(value):
            msg = f"must be {self.expected}"
            raise ValueError(msg)
        if reason := self.refusal(value):
            msg = f"choose another: {reason}"
            raise ValueError(msg)
        return value

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
