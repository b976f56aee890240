"""`spec.tailscale`: how clients of a tailnet reach the server."""

from typing import Annotated, Literal, Self

import pydantic
from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api.fields import Rule, StringType, checked_by
from internal_dns.api.string_types import MAX_ITEMS


class Tailscale(ApiModel):
    """How clients of a tailnet reach the server."""

    mode: Literal["none", "expose", "loadBalancer", "subnetRoute"] = "none"
    """`none`: nothing is set up for a tailnet. `expose`: the Tailscale operator proxies the Service.
    `loadBalancer`: the operator proxies the Service and the status shows the address. `subnetRoute`: a Connector
    advertises a route to `service.clusterIP`."""

    hostname: (
        Annotated[
            str,
            StringType(
                pattern=r"^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$",
                expected="a DNS label of two letters or more, like 'dns'",
                max_length=63,
            ),
        ]
        | None
    ) = None
    """Machine name in the tailnet, for the modes `expose` and `loadBalancer`."""

    tags: Annotated[
        list[
            Annotated[
                str, StringType(pattern="^tag:[a-zA-Z][a-zA-Z0-9-]*$", expected="a tag, like 'tag:dns'", max_length=63)
            ]
        ],
        Field(max_length=MAX_ITEMS),
    ] = Field(default=[])
    """Tags of that machine. The operator must own them. If empty, the operator's default tags."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "self.mode in ['expose', 'loadBalancer'] || (!has(self.hostname) && self.tags.size() == 0)",
                "hostname and tags are for the modes expose and loadBalancer",
            )
        )
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.mode in {"none", "subnetRoute"} and (self.hostname or self.tags):
            msg = f"hostname and tags are for the modes 'expose' and 'loadBalancer', not {self.mode!r}"
            raise ValueError(msg)
        return self
