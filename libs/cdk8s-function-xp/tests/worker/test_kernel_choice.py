"""Which kernel a worker asks first for a chart."""

import pytest
from cdk8s_function.protocol.messages import ChartRef
from cdk8s_function.worker.kernel_choice import KernelChoice

CHART = ChartRef(name="web", dist="web-xp", version="1.0.0", target="web:Web")
OTHER = ChartRef(name="db", dist="web-xp", version="1.0.0", target="web:Db")


def asked(attempts: list[str], requests: int) -> list[str]:
    """Return what each of some requests is told, after attempts on the native kernel with these reasons to decline."""
    choice = KernelChoice()
    choice.imported(CHART, "")
    for reason in attempts:
        choice.attempted(CHART, reason)
    return [choice.node_reason(CHART) for _ in range(requests)]


@pytest.mark.parametrize(
    ("attempts", "reason"),
    [
        pytest.param([], "", id="nothing is known"),
        pytest.param([""], "", id="it answered"),
        pytest.param(["a date"], "", id="it declined once"),
        pytest.param(["a date", ""], "", id="it declined, then answered"),
        pytest.param(["a date", "", "a date"], "", id="it declines now and then"),
        pytest.param(["a date", "a date"], "a date", id="it declined twice in a row"),
        pytest.param(["a date", "an order"], "an order", id="it declined twice, the reason is the last one"),
        pytest.param(["", "a date", "a date"], "a date", id="it answered once, and declined twice since"),
        pytest.param(["a date", "a date", ""], "", id="it answered when it was tried again"),
    ],
)
def test_why_the_next_synthesis_is_nodes(attempts: list[str], reason: str) -> None:
    assert asked(attempts, 1) == [reason]


def test_each_hundredth_request_of_a_chart_that_declines_is_tried_again() -> None:
    assert asked(["a date", "a date"], 200) == (["a date"] * 99 + [""]) * 2


def test_a_try_that_declines_puts_the_next_one_off_by_a_hundred_again() -> None:
    choice = KernelChoice()
    for _ in range(2):
        choice.attempted(CHART, "a date")
    before = [choice.node_reason(CHART) for _ in range(100)]
    choice.attempted(CHART, "an order")
    after = [choice.node_reason(CHART) for _ in range(100)]

    assert (before[-1], after) == ("", ["an order"] * 99 + [""])


def test_a_chart_whose_import_needs_node_is_nodes_for_good() -> None:
    choice = KernelChoice()
    choice.imported(CHART, "its import needs Node.js")
    choice.imported(OTHER, "")

    assert {choice.node_reason(CHART) for _ in range(200)} == {"its import needs Node.js"}
    assert choice.node_reason(OTHER) == ""


def test_charts_are_told_apart_by_wheel_and_name() -> None:
    choice = KernelChoice()
    for _ in range(2):
        choice.attempted(CHART, "a date")

    assert choice.node_reason(CHART) == "a date"
    assert choice.node_reason(OTHER) == ""
    assert choice.node_reason(ChartRef(name="web", dist="other", version="1.0.0", target="web:Web")) == ""


def test_why_node_was_asked_last() -> None:
    choice = KernelChoice()
    unknown = choice.why_node(CHART)
    choice.attempted(CHART, "a date")
    declined = choice.why_node(CHART)
    choice.attempted(CHART, "")
    answered = choice.why_node(CHART)
    choice.imported(CHART, "its import needs Node.js")

    assert (unknown, declined, answered, choice.why_node(CHART)) == ("", "a date", "", "its import needs Node.js")


def test_to_ask_why_counts_for_nothing() -> None:
    choice = KernelChoice()
    for _ in range(2):
        choice.attempted(CHART, "a date")
    for _ in range(99):
        choice.why_node(CHART)

    assert choice.node_reason(CHART) == "a date"
