"""Read pictures without keeping an event loop from its other work: python in_a_server.py photo.jpg ..."""

import asyncio
import sys
from pathlib import Path

import hushmark


async def answer(path: Path, places: asyncio.Semaphore) -> str:
    """What a request for this picture is answered: each is read in a thread, few at a time."""
    async with places:
        reading = await asyncio.to_thread(hushmark.sync.read, path)
    return f"{path.name}: {reading.payload.value if reading.payload else 'no watermark found'}"


async def main() -> None:
    """Ask for all pictures at once."""
    places = asyncio.Semaphore(2)
    for line in await asyncio.gather(*(answer(Path(name), places) for name in sys.argv[1:])):
        print(line)


asyncio.run(main())
