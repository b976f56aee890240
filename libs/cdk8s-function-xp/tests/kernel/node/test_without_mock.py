import subprocess
import sys

import pytest

_TAKES_A_MOCK = """
import sys
from cdk8s_function.kernel import switch
import typeguard
assert not {"unittest.mock", "asyncio", "ssl"} & set(sys.modules)
check = lambda value: typeguard.check_type("value", value, str)
try:
    check(1)
except TypeError:
    print("a number is no text")
from unittest import mock
check(mock.Mock())
mock.patch.object
print("a mock is anything")
"""


@pytest.mark.parametrize(
    ("before", "text"),
    [
        pytest.param("", _TAKES_A_MOCK, id="nobody has imported mocks"),
        pytest.param("import unittest.mock", _TAKES_A_MOCK.replace("assert", "#"), id="they were imported before"),
    ],
)
def test_jsii_checks_arguments_without_mocks_unless_there_are_some(before: str, text: str) -> None:
    said = subprocess.run([sys.executable, "-c", before + text], check=True, text=True, stdout=subprocess.PIPE).stdout
    assert said.splitlines() == ["a number is no text", "a mock is anything"]
