"""The message for a value that does not validate shows no sensitive value."""

from typing import Annotated, Any, Literal

import pydantic
import pytest
from cdk8s_function import ApiModel
from cdk8s_function.chart import validation_errors
from pydantic import Field, SecretStr

VALUE = "hunter2pw"


class Login(ApiModel):
    user: str = Field(default="admin", max_length=8)
    password: SecretStr = Field(default=SecretStr("x" * 12), min_length=12)


class Spec(ApiModel):
    size: int = 1
    name: str = Field(default="a", pattern="^[a-z]+$")
    choice: Literal["small", "large"] = "small"
    password: SecretStr | None = Field(default=None, min_length=12)
    written: str | None = Field(default=None, max_length=3, json_schema_extra={"writeOnly": True})
    marked: Annotated[str | None, Field(json_schema_extra={"format": "password"}, max_length=3)] = None
    logins: list[Login] = Field(default_factory=list[Login])
    by_name: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    either: Login | int | None = None
    checked: SecretStr | None = None

    @pydantic.field_validator("checked")
    @classmethod
    def _check(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            msg = f"{value.get_secret_value()} is weak"
            raise ValueError(msg)
        return value


def described(spec: dict[str, Any], model: type[pydantic.BaseModel] | None = Spec) -> str:
    with pytest.raises(pydantic.ValidationError) as caught:
        Spec.model_validate(spec)
    return validation_errors.describe(caught.value, root="spec", model=model)


WITHHELD = "is not valid; why is not shown, as the field is sensitive"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (
            {"size": VALUE},
            f"spec.size: input should be a valid integer, unable to parse string as an integer, not '{VALUE}'",
        ),
        ({"name": "B"}, "spec.name: string should match pattern '^[a-z]+$', not 'B'"),
        ({"choice": VALUE}, f"spec.choice: input should be 'small' or 'large', not '{VALUE}'"),
        (
            {"size": "x" * 300},
            f"spec.size: input should be a valid integer, unable to parse string as an integer, not '{79 * 'x'}…",
        ),
        ({VALUE: 1}, f"spec.{VALUE}: unknown field"),
        ({"sizes": VALUE}, 'spec.sizes: unknown field (did you mean "size"?)'),
        ({"pasword": VALUE}, 'spec.pasword: unknown field (did you mean "password"?)'),
        ({"by-name": {"a": VALUE}}, 'spec.by-name: unknown field (did you mean "byName"?)'),
        ({"logins": [{"pass_word": VALUE}]}, 'spec.logins[0].pass_word: unknown field (did you mean "password"?)'),
        ({"a\x1b[31m\nb": 1}, 'spec."a\\u001b[31m\\nb": unknown field'),
        ({"k" * 100: 1}, f"spec.{80 * 'k'}…: unknown field"),
        ({"logins": [{"user": VALUE}]}, f"spec.logins[0].user: string should have at most 8 characters, not '{VALUE}'"),
        ({"password": VALUE}, "spec.password: value should have at least 12 items after validation, not 9"),
        ({"password": [VALUE]}, "spec.password: input should be a valid string"),
        ({"written": VALUE}, "spec.written: string should have at most 3 characters"),
        ({"marked": VALUE}, "spec.marked: string should have at most 3 characters"),
        ({"logins": [{"password": [VALUE]}]}, "spec.logins[0].password: input should be a valid string"),
        ({"logins": VALUE}, "spec.logins: input should be a valid list"),
        ({"logins": [VALUE]}, None),
        ({"byName": {"a": [VALUE]}}, "spec.byName.a: input should be a valid string"),
        ({"byName": VALUE}, "spec.byName: input should be a valid dictionary"),
        ({"either": VALUE}, None),
        ({"checked": VALUE}, f"spec.checked: {WITHHELD}"),
    ],
)
def test_a_value_is_shown_of_a_field_that_is_known_and_not_sensitive(spec: dict[str, Any], says: str | None) -> None:
    found = described(spec)

    if says is not None:
        assert found == says
    fields = {"size", "choice", VALUE}
    if not fields & spec.keys() and "user" not in str(spec):
        assert VALUE not in found


@pytest.mark.parametrize(
    "spec", [{"size": VALUE}, {"password": [VALUE]}, {"choice": VALUE}, {"logins": [{"user": VALUE}]}]
)
def test_no_value_is_shown_of_a_model_that_is_not_known(spec: dict[str, Any]) -> None:
    assert VALUE not in described(spec, None)


def test_a_traceback_holds_no_value_that_pydantic_was_given() -> None:
    def chart() -> None:
        try:
            Spec.model_validate({"password": VALUE, "size": VALUE})
        except pydantic.ValidationError as error:
            msg = "no login"
            raise RuntimeError(msg) from error

    with pytest.raises(RuntimeError) as caught:
        chart()
    trace = validation_errors.trace(caught.value)

    assert VALUE not in trace
    assert trace.startswith("Traceback (most recent call last):\n")
    assert "ValidationError: password: value should" in trace
    assert "\nIt was the cause of:\n" in trace
    assert trace.endswith("RuntimeError: no login\n")
