import subprocess
import sys

import pytest

_ASKS = """
import sys
from cdk8s_function.kernel import switch
import jsii
print("jsii._kernel.providers.process" in sys.modules)
print(type(jsii.kernel.provider.load.__self__).__name__)
from jsii._kernel.providers import process
print(type(jsii.kernel.provider) is process.ProcessProvider)
print(switch.KERNELS.node_runs)
"""


@pytest.mark.parametrize(
    ("before", "imported"),
    [
        pytest.param("", "False", id="nobody has imported jsii"),
        pytest.param("import jsii", "True", id="it was imported before"),
    ],
)
def test_jsiis_provider_comes_when_it_is_asked(before: str, imported: str) -> None:
    said = subprocess.run([sys.executable, "-c", before + _ASKS], check=True, text=True, stdout=subprocess.PIPE).stdout

    assert said.splitlines() == [imported, "ProcessProvider", "True", "False"]
