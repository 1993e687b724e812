"""Mark a photo, save it, and read it: python mark_and_read.py photo.jpg"""

import sys
from pathlib import Path

import hushmark

photo = Path(sys.argv[1])
marked = hushmark.sync.embed(photo, "pipe")
Path(marked.name).write_bytes(marked.data)
size, warnings = f"{marked.width}x{marked.height}", marked.warnings or "none"
print(f"{marked.name}: {marked.psnr:.1f} dB, {size}, warnings: {warnings}")

reading = hushmark.sync.read(Path(marked.name))
assert reading.payload is not None
print(f"It reads as {reading.payload.value}, each bit with at least {min(reading.confidences):.1%}.")
print(f"An unmarked picture would look like this with probability {reading.false_alarm:.1e}.")
