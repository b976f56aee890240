"""`spec.service`: the Service that clients query."""

from typing import Annotated, Self

import pydantic
from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api.fields import Rule, checked_by
from internal_dns.api.string_types import MAX_ITEMS, Address


class ServiceSpec(ApiModel):
    """The Service that clients send their queries to."""

    cluster_ip: Address | None = Field(default=None, alias="clusterIP")
    """Cluster IP of the Service. The cluster assigns one if none is given. Clients configure this address, so
    choose one that you can keep. A Service keeps its address: once there is one, give that or none."""

    second_cluster_ip: Address | None = Field(default=None, alias="secondClusterIP")
    """Cluster IP of the second replica's Service, if `replicas` is 2. The cluster assigns one if none is given.
    Once there is one, give that or none."""

    annotations: Annotated[dict[str, str], Field(max_length=MAX_ITEMS)] = Field(default={})
    """Annotations to add to the Service of each replica."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "!has(self.clusterIP) || !has(self.secondClusterIP) || self.clusterIP != self.secondClusterIP",
                "secondClusterIP must be another address than clusterIP",
            ),
        )
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.cluster_ip is not None and self.cluster_ip == self.second_cluster_ip:
            msg = f"secondClusterIP must be another address than clusterIP, not {self.cluster_ip!r} too"
            raise ValueError(msg)
        return self
