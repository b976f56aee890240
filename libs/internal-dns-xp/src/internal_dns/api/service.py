"""`spec.service`: the Service that clients query."""

from typing import Annotated

import pydantic
from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api.fields import Rule, checked_by
from internal_dns.api.string_types import MAX_ITEMS, Address


class ServiceSpec(ApiModel):
    """The Service that clients send their queries to."""

    cluster_ip: Address | None = Field(default=None, alias="clusterIP")
    """Cluster IP of the Service. The cluster assigns one if none is given. Clients configure this address, so
    choose one that you can keep."""

    annotations: Annotated[dict[str, str], Field(max_length=MAX_ITEMS)] = Field(default={})
    """Annotations to add to the Service."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "!has(oldSelf.clusterIP) || (has(self.clusterIP) && self.clusterIP == oldSelf.clusterIP)",
                "clusterIP is immutable once given",
            )
        )
    )
