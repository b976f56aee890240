"""Settings of the cache of chart outputs, without what the cache imports.

The command line needs them before the workers start.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of the cache.

    Attributes:
        size_mib: How much memory they may take, in MiB; 0 keeps none.
        checked: The share of cached outputs, from 0 to 1, that are compared with
            a fresh one.
    """

    size_mib: int = 32
    checked: float = 0.01
