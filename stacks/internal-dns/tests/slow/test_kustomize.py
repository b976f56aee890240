"""kustomize builds every folder that users apply, and the schemas of others' kinds are those of their modules."""

import pathlib
import subprocess
import sys

import pytest
import yaml
from monitoring import STACK, WORKSPACE

SECONDS = 1800
"""The first call builds kubectl."""

FOLDERS = sorted(file.parent.relative_to(STACK) for file in STACK.glob("**/kustomization.yaml"))


def built(folder: pathlib.PurePath) -> list[dict[str, object]]:
    done = subprocess.run(
        [WORKSPACE / "bin/kubectl", "kustomize", STACK / folder],
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_kustomize_builds(folder: pathlib.PurePath) -> None:
    assert built(folder)


def test_argo_cd_gets_production_in_waves() -> None:
    production, waves = (built(pathlib.PurePath(name)) for name in ("production", "gitops/argocd"))
    ordered = {str(each["kind"]): yaml.safe_dump(each["metadata"]) for each in waves}

    assert {str(each["kind"]) for each in production} == ordered.keys()
    assert {kind: wave for kind, text in ordered.items() if (wave := _wave(text))} == {
        "Function": "1",
        "Configuration": "2",
        "InternalDNS": "3",
    }


def _wave(metadata: str) -> str:
    return yaml.safe_load(metadata).get("annotations", {}).get("argocd.argoproj.io/sync-wave", "")


def test_the_schemas_of_others_are_those_of_their_modules(tmp_path: pathlib.Path) -> None:
    subprocess.run(
        [sys.executable, WORKSPACE / "tools/schemas/custom_resources.py", "--out", tmp_path],
        timeout=SECONDS,
        check=True,
    )

    made = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert made == {
        file.name: file.read_text(encoding="utf-8") for file in (WORKSPACE / "third_party/crds").glob("*.yaml")
    }
