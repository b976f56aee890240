"""Names that must never change: keys of objects, and the scope that tells XRs apart."""

import itertools
import re
import string

import pytest
from cdk8s_function.worker import identity
from hypothesis import assume, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("path", "key"),
    [
        pytest.param("config", "config", id="an object right below the chart"),
        pytest.param("web/service", "web/service", id="an object below a construct"),
        pytest.param("web/Resource", "web", id="the one child of a construct"),
        pytest.param("web/Default", "web", id="the default child"),
        pytest.param("web/resource/default/port", "web/port", id="hidden components in any case and place"),
        pytest.param("Resource", "Resource", id="nothing but a hidden component"),
        pytest.param("Default/Resource", "Default/Resource", id="nothing but hidden components"),
        pytest.param("resources/defaults", "resources/defaults", id="words that only begin alike"),
    ],
)
def test_a_key_is_the_construct_path_without_what_cdk8s_hides(path: str, key: str) -> None:
    assert identity.key_of(path) == key


def test_the_scope_of_an_xr_never_changes() -> None:
    # Another value here renames every object of every user.
    scope = identity.scope_id(api_version="example.org/v1alpha1", kind="WebService", namespace="team-a")

    assert scope == "(>(&~>#)(?&@?*,?"


XRS = st.fixed_dictionaries(
    {
        "api_version": st.builds("{}/v1".format, st.from_regex(r"[a-z.]{1,20}", fullmatch=True)),
        "kind": st.from_regex(r"[A-Z][A-Za-z]{0,20}", fullmatch=True),
        "namespace": st.none() | st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    }
)


@given(one=XRS, other=XRS)
def test_xrs_of_different_kinds_or_namespaces_have_different_scopes(one: dict[str, str], other: dict[str, str]) -> None:
    assume(one != other)

    assert identity.scope_id(**one) != identity.scope_id(**other)


@given(xr=XRS, version=st.from_regex(r"v[1-9](alpha1|beta2)?", fullmatch=True))
def test_another_version_of_the_api_has_the_same_scope(xr: dict[str, str], version: str) -> None:
    group = xr["api_version"].partition("/")[0]

    assert identity.scope_id(**xr) == identity.scope_id(**{**xr, "api_version": f"{group}/{version}"})


@given(xr=XRS)
def test_a_scope_has_nothing_cdk8s_shows_in_a_name(xr: dict[str, str]) -> None:
    scope = identity.scope_id(**xr)

    assert not set(scope) & set(string.ascii_letters + string.digits + "-_./")
    assert re.fullmatch(r"\S{16}", scope)


@pytest.mark.parametrize("namespace", [pytest.param(None, id="no namespace"), pytest.param("", id="an empty one")])
def test_a_cluster_scoped_xr_has_no_namespace(namespace: str | None) -> None:
    assert identity.scope_id(api_version="a/v1", kind="B", namespace=namespace) == identity.scope_id(
        api_version="a/v1", kind="B", namespace=None
    )


def test_the_parts_of_a_scope_are_not_run_together() -> None:
    parts = itertools.permutations(("ab", "c", "bc"), 3)

    scopes = [identity.scope_id(api_version=f"{a}/v1", kind=b, namespace=c) for a, b, c in parts]

    assert len(set(scopes)) == len(scopes)
