"""Label selectors, in the syntax of `kubectl get -l` and external-dns' --label-filter.

external-dns exits when it cannot parse its selector. A refused field is easier to
understand than a pod that keeps restarting.
"""

import re
from typing import Annotated

from internal_dns.api.fields import StringType

_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY = rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_NAME}"
_VALUE = rf"({_NAME})?"
_VALUES = rf"\( *{_VALUE}( *, *{_VALUE})* *\)"
_REQUIREMENT = rf" *(!? *{_KEY}|{_KEY} *(=|==|!=) *{_VALUE}|{_KEY} +(in|notin) +{_VALUES}) *"
_SELECTOR = re.compile(rf"{_REQUIREMENT}(,{_REQUIREMENT})*")


def _is_selector(value: str) -> bool:
    return not value or _SELECTOR.fullmatch(value) is not None


LabelSelector = Annotated[
    str,
    StringType(
        pattern=r"^[-A-Za-z0-9_./=!,() ]*$",
        expected="a label selector, like 'dns=internal,tier in (web, api)'",
        max_length=500,
        accepts=_is_selector,
    ),
]
"""A label selector; empty selects everything."""
