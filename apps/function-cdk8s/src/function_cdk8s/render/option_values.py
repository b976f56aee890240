"""The values of the options of `render`: durations, lists and pairs."""

import re

import click


class Duration(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]  # Generic in its stub only.
    """A duration in Go's notation."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the duration in seconds."""
        # This imports all of the library, which would slow down --help.
        from cdk8s_function import durations  # noqa: PLC0415

        if isinstance(value, float):
            return value
        if not re.fullmatch(durations.PATTERN, str(value)):
            self.fail(f"{value!r} is not a duration, like 30s or 1m30s", param, ctx)
        return durations.seconds(str(value))


def split(values: tuple[str, ...], separator: str) -> list[str]:
    """Return the parts of the values of an option that can be repeated.

    Args:
        values: Its values.
        separator: What separates the parts of one value.
    """
    return [part for value in values for part in value.split(separator)]


def pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    """Return the values of an option as a mapping. Values are `KEY=VALUE`, repeated or separated by semicolons.

    Args:
        values: Its values.
        option: Its name, for the error.

    Raises:
        click.BadParameter: If a value has another form.
    """
    found: dict[str, str] = {}
    for part in split(values, ";"):
        key, equals, value = part.partition("=")
        if not equals:
            msg = f"expected KEY=VALUE, not {part!r}"
            raise click.BadParameter(msg, param_hint=option)
        found[key] = value
    return found
