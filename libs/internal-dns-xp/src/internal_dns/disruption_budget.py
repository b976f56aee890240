"""The PodDisruptionBudget of two replicas: a drained node takes one of them away at a time."""

from cdk8s_function import Json


def manifest(*, selector: Json) -> Json:
    """Return the PodDisruptionBudget.

    Args:
        selector: Label selector of the pods.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "spec": {
            "minAvailable": 1,
            "selector": selector,
            # Otherwise two pods that cannot become ready would keep a node from being drained, for good.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
