"""An XR's scenario: it goes as in a cluster, and each fault of a chart is found and told in one message."""

import base64
import pathlib
from typing import Any

import pytest
from cdk8s_function.testing import CompositionError, Match, Scenario, UnstableError, scenario
from fixture_charts.unsteady import Unsteady
from web_service import WebService, WebServiceSpec

ZONE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "zone", "namespace": "kube-system"},
    "data": {"zone": "north"},
}


def unsteady(mode: str, **options: Any) -> Scenario:
    return scenario(Unsteady, {"mode": mode}, **options)


def text(error: pytest.ExceptionInfo[AssertionError]) -> str:
    return str(error.value)


@pytest.fixture(scope="module")
def shop() -> Scenario:
    return scenario(WebService, {"image": "example.org/shop:1", "host": "a.example.org"}).until_stable()


class TestSteps:
    def test_an_object_is_absent_then_unready_then_ready(self) -> None:
        shop = scenario(WebService, WebServiceSpec(image="example.org/shop:1", replicas=2)).until_stable()

        available = [each.status["availableReplicas"] for each in shop.history]
        assert available == [0, 0, 2, 2, 2]
        assert [each.ready for each in shop.history] == [False, False, True, True, True]
        assert [bool(each.observed) for each in shop.history] == [False, True, True, True, True]

    def test_what_crossplane_and_the_cluster_write_is_there(self) -> None:
        shop = scenario(WebService, {"image": "example.org/shop:1"}).until_stable()

        [owner] = shop.last.applied["service"]["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"]) == ("WebService", shop.xr["metadata"]["uid"])
        observed = shop.last.observed["service"]
        assert observed["spec"]["clusterIP"].startswith("10.96.")
        assert observed["metadata"]["uid"]
        assert observed["metadata"]["namespace"] == "team-a"
        assert len(shop.xr["spec"]["crossplane"]["resourceRefs"]) == 2
        assert "ownerReferences" not in shop.objects["service"]["metadata"]

    def test_a_secret_is_observed_as_the_api_server_stores_it(self) -> None:
        clean = unsteady("clean").until_stable()

        first, *others = [each.objects["login"]["stringData"]["token"] for each in clean.history]
        assert set(others) == {first}
        observed = clean.last.observed["login"]
        assert base64.b64decode(observed["data"]["token"]).decode() == first
        assert "stringData" not in observed

    def test_a_change_of_the_spec_is_rolled_out(self) -> None:
        shop = scenario(WebService, {"image": "example.org/shop:1"}).until_stable()
        shop.change({"replicas": 3, "host": "shop.example.org"}).step().ready(is_ready=False)
        shop.until_stable().ready().has("Ingress").status({"availableReplicas": 3})
        shop.change({"host": None}).until_stable().has_no("Ingress")

    def test_an_object_is_held_back_and_released(self) -> None:
        shop = scenario(WebService, {"image": "example.org/shop:1"}).unready("deployment").until_stable()
        shop.ready(is_ready=False).events('"deployment" is not yet ready')
        shop.settle("deployment").until_stable().ready()

    def test_fields_are_set_by_hand(self) -> None:
        shop = scenario(WebService, {"image": "example.org/shop:1"})
        shop.observe("deployment", {"status": {"availableReplicas": 7}}).until_stable().status({"availableReplicas": 7})

    def test_objects_exist_before_the_first_reconcile(self) -> None:
        token = {"data": {"token": base64.b64encode(b"from-before").decode()}}
        clean = unsteady("clean", observed={"login": token}).step()
        assert clean.objects["login"]["stringData"] == {"token": "from-before"}

    def test_what_a_chart_asks_for_is_served(self) -> None:
        asking = unsteady("asking", required=[ZONE]).until_stable()
        asking.status({"zone": "north"}).requirements({"zone": {"kind": "ConfigMap", "matchName": "zone"}})

    def test_an_xr_comes_from_a_file_with_other_objects(self, tmp_path: pathlib.Path) -> None:
        file = tmp_path / "xr.yaml"
        file.write_text(
            "apiVersion: fixtures.example.org/v1\nkind: Unsteady\nmetadata: {name: a, namespace: b}\n"
            "spec: {mode: asking}\n---\napiVersion: v1\nkind: ConfigMap\n"
            "metadata: {name: zone, namespace: kube-system}\ndata: {zone: 'on'}\n"
        )
        assert scenario(Unsteady, file).until_stable().last.status == {"phase": "Up", "zone": "on"}


class TestFaults:
    """Each fault is found, and named where it is; the clean chart passes everything."""

    def test_the_clean_chart_passes(self) -> None:
        unsteady("clean").until_stable().ready().deterministic().survives_restart()

    def test_a_token_that_changes_each_time(self) -> None:
        with pytest.raises(UnstableError) as error:
            unsteady("token").until_stable()
        first, line = text(error).splitlines()
        assert first == 'Unsteady "team-a/demo" still changes after 20 reconciles; between the last two:'
        assert line.startswith('  "login" stringData.token: "')

    def test_a_flapping_status(self) -> None:
        with pytest.raises(UnstableError) as error:
            unsteady("status").until_stable()
        assert text(error).splitlines()[1:] == ['  the XR\'s status phase: "Up" -> "Down"']

    def test_a_requirement_that_never_settles(self) -> None:
        with pytest.raises(CompositionError) as error:
            unsteady("requirement").until_stable()
        assert "requirements didn't stabilize after the maximum number of iterations (5)" in text(error)
        assert "\n  requirement after-0-" in text(error)

    def test_the_order_of_a_set(self) -> None:
        with pytest.raises(AssertionError) as error:
            unsteady("set").until_stable().deterministic(seeds=(1, 2, 3, 4))
        assert "response desired.resources.deployment.resource.spec.template.spec.containers[0].args[" in text(error)
        assert "in a process with hash seed" in text(error)

    def test_what_is_kept_in_memory(self) -> None:
        with pytest.raises(AssertionError) as error:
            unsteady("memory").until_stable().survives_restart()
        assert '"login" stringData.token: "' in text(error)

    def test_a_refusal_and_an_error_of_the_author(self) -> None:
        assert scenario(WebService, {"image": "a", "replicas": 11}).refusal().startswith("spec.replicas: ")
        with pytest.raises(CompositionError, match="the author made a mistake") as error:
            unsteady("raise").step()
        assert any("raise RuntimeError(msg)" in note for note in error.value.__notes__)

    @pytest.mark.parametrize(
        ("chart", "spec", "line"),
        [
            (
                "huge",
                {"objects": 1, "values": 100_000},
                "the chart's status holds more than 100000 values; make it smaller",
            ),
            ("huge", {"objects": 2, "bytesEach": 9 << 20}, "the chart's output is larger than 8 MiB; split the XR"),
        ],
        ids=["values", "bytes"],
    )
    def test_an_output_that_the_function_would_refuse(self, chart: str, spec: dict[str, Any], line: str) -> None:
        assert scenario(chart, spec).refusal() == line

    def test_a_refusal_that_does_not_come(self) -> None:
        with pytest.raises(AssertionError) as error:
            scenario(WebService, {"image": "a"}).refusal()
        assert text(error) == 'WebService "team-a/demo" is composed: deployment, service; expected a refusal'


class TestMessages:
    @pytest.mark.parametrize(
        ("assertion", "arguments", "message"),
        [
            pytest.param(
                "has",
                ("Deployment", {"spec": {"replicas": 3, "selector": {"matchLabels": {"tier": "web"}}}}),
                'Deployment "deployment" (demo-deployment-c873b5f1) does not match:\n'
                "  spec.replicas: expected 3, found 1\n"
                '  spec.selector.matchLabels.tier: expected "web", found absent',
                id="the closest object",
            ),
            pytest.param(
                "has",
                ("Deploymet",),
                'no Deploymet is composed (did you mean "Deployment"?); '
                "there are Deployment (1), Ingress (1), Service (1)",
                id="a misspelt kind",
            ),
            pytest.param("count", ("Service", 2), "expected 2 Service, found 1: service", id="a count"),
            pytest.param(
                "has_no",
                ("Ingress", {"spec": Match.any()}),
                'Ingress "ingress" (demo-ingress-c8bb025f) is composed; expected none such',
                id="an object that must not be",
            ),
            pytest.param(
                "status",
                ({"url": Match.text("^https:")},),
                "the XR's status does not match:\n  url: expected text like '^https:', found \"http://a.example.org\"",
                id="a status",
            ),
            pytest.param(
                "conditions",
                ({"Ready": "False", "Up": "True"},),
                "the XR's conditions do not match:\n"
                '  Ready.status: expected "False", found "True"\n'
                "  Up: expected an object, found absent",
                id="conditions",
            ),
            pytest.param("events", ("hello",), 'no event is like "hello"; there are:\n  none', id="events"),
            pytest.param(
                "requirements",
                ({"zone": {"kind": "Node"}},),
                "requirements do not match:\n  zone: expected an object, found absent",
                id="requirements",
            ),
        ],
    )
    def test_a_message_tells_what_is_there(
        self, shop: Scenario, assertion: str, arguments: tuple[Any, ...], message: str
    ) -> None:
        with pytest.raises(AssertionError) as error:
            getattr(shop, assertion)(*arguments)
        assert text(error) == message

    def test_an_xr_that_is_not_ready_says_why(self) -> None:
        with pytest.raises(AssertionError) as error:
            scenario(WebService, {"image": "a"}).step().ready()
        assert text(error) == "the XR is not ready: Unready resources: deployment, service"
