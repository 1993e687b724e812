"""Give everybody a different copy, and find out whose came back: python who_leaked_it.py photo.jpg"""

import io
import sys
from pathlib import Path

import hushmark
from PIL import Image

photo = Path(sys.argv[1])
register = {name: hushmark.random_identifier() for name in ("Ada", "Grace", "Hedy")}
# A little stronger than usual: a copy that turns up has often been shrunk.
copies = {name: hushmark.sync.embed(photo, message, strength=2).data for name, message in register.items()}

# Grace's copy turns up at half its size, as another JPEG.
leak = Image.open(io.BytesIO(copies["Grace"]))
file = io.BytesIO()
leak.resize((leak.width // 2, leak.height // 2)).convert("RGB").save(file, "JPEG", quality=75)

known = {message: name for name, message in register.items()}
reading = hushmark.sync.read(file.getvalue(), known=known)
match = reading.match
assert match is not None
sure = "It is" if reading.outcome == "read" else "Nothing was read, but it is likeliest"
print(f"{sure} {match.label}'s: {match.agreeing} of {len(reading.bits)} bits agree.")
print(f"Chance would fit one of the register as well with probability {match.chance:.0e}.")
