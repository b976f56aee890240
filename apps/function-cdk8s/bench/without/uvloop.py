"""asyncio's own event loop in uvloop's place, to see what uvloop gains."""

import asyncio

run = asyncio.run
