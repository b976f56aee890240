"""The replicas of a server: what tells the objects and pods of one from those of another.

A replica is a whole server: a Service, a volume and a Deployment of its own. The
first one's objects have the same keys and labels with one replica as with two, so
that another `spec.replicas` changes nothing of it.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from cdk8s_function import Json

APP_LABEL = "app.kubernetes.io/name"
INSTANCE_LABEL = "app.kubernetes.io/instance"

_APP = "internal-dns"
_MOST = 2


@dataclasses.dataclass(frozen=True)
class Replica:
    """One replica of an InternalDNS.

    Attributes:
        xr_name: Name of the InternalDNS.
        number: Its number, from 1.
    """

    xr_name: str
    number: int

    def key(self, id: str) -> str:  # constructs' name.
        """Return the construct id of one of its own objects."""
        return f"{id}{self.suffix}"

    @property
    def suffix(self) -> str:
        """What a name of its own ends with, next to the first replica's name."""
        return "" if self.number == 1 else f"-{self.number}"

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels of its objects; no pod of another replica has them all.

        The selector of a Deployment is immutable, so the first replica's cannot get one more label.
        """
        return {APP_LABEL: f"{_APP}{self.suffix}", INSTANCE_LABEL: self.xr_name}


def of(xr_name: str, count: int) -> Sequence[Replica]:
    """Return the replicas of an InternalDNS.

    Args:
        xr_name: Name of the InternalDNS.
        count: `spec.replicas`.
    """
    return [Replica(xr_name, number) for number in range(1, count + 1)]


def selector(xr_name: str) -> Json:
    """Return the label selector of the pods of all replicas that there can be."""
    names = [each.labels[APP_LABEL] for each in of(xr_name, _MOST)]
    return {
        "matchLabels": {INSTANCE_LABEL: xr_name},
        "matchExpressions": [{"key": APP_LABEL, "operator": "In", "values": names}],
    }
