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
assert reading.message is not None and reading.chance is not None
print(f"It reads as {reading.message.value}; {reading.corrected} of {len(reading.bits)} bits were corrected.")
print(f"Something that was not marked so would be read with a probability below {reading.chance:.0e}.")
