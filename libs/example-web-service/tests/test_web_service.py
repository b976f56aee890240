"""A WebService in a cluster."""

from collections.abc import Callable
from typing import Any

import pytest
from cdk8s_function.testing import Match, Scenario, specs
from hypothesis import given, settings
from web_service import WebService, WebServiceSpec

Chart = Callable[..., Scenario]

SHOP = {"image": "example.org/shop:1", "replicas": 2, "host": "shop.example.org"}


def test_it_becomes_ready_and_is_the_same_from_every_process(chart: Chart) -> None:
    shop = chart(SHOP).until_stable().ready().deterministic().survives_restart()

    shop.status({"url": "http://shop.example.org", "availableReplicas": 2})


def test_the_service_reaches_the_pods_and_the_ingress_the_service(chart: Chart) -> None:
    shop = chart(SHOP)
    labels = shop.objects["deployment"]["spec"]["template"]["metadata"]["labels"]

    shop.has("Service", {"spec": {"selector": Match.exact(labels), "ports": [{"port": 80, "targetPort": 8080}]}})
    backend = {"service": {"name": shop.objects["service"]["metadata"]["name"], "port": {"number": 80}}}
    shop.has("Ingress", {"spec": {"rules": [{"http": {"paths": [{"backend": backend}]}}]}})


def test_without_a_host_there_is_no_ingress(chart: Chart) -> None:
    chart({"image": "example.org/shop:1"}).count("Ingress", 0).status({"url": Match.absent()})


@pytest.mark.parametrize("replicas", [0, 11])
def test_replicas_out_of_bounds_are_refused(replicas: int, chart: Chart) -> None:
    assert chart({**SHOP, "replicas": replicas}).refusal().startswith("spec.replicas: ")


@settings(deadline=None)
@given(spec=specs(WebServiceSpec))
def test_every_spec_is_composed_or_refused(spec: dict[str, Any], chart: Chart) -> None:
    chart(spec).composes_or_refuses()


def test_the_chart_is_the_one_of_this_project(chart: Chart) -> None:
    assert chart(SHOP).chart.factory is WebService
