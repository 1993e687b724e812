"""Read pictures without keeping an event loop from its other work: python in_a_server.py photo.jpg ..."""

import asyncio
import sys
from pathlib import Path

import hushmark


async def answer(path: Path, places: asyncio.Semaphore) -> str:
    """The answer to a request for this picture: each is read in a thread, few at a time."""
    async with places:
        reading = await asyncio.to_thread(hushmark.sync.read, path)
    match reading.outcome:
        case "read":
            assert reading.message is not None
            return f"{path.name}: {reading.message.value}"
        case "unreadable":
            return f"{path.name}: marked, but not readable ({reading.reason})"
        case "none":
            return f"{path.name}: no mark found"


async def main() -> None:
    """Request all pictures at once."""
    places = asyncio.Semaphore(2)
    for line in await asyncio.gather(*(answer(Path(name), places) for name in sys.argv[1:])):
        print(line)


asyncio.run(main())
