"""A number that only the key's holder can read, and that mends errors: python with_a_key.py photo.jpg"""

import sys
from pathlib import Path

import hushmark

marked = hushmark.sync.embed(Path(sys.argv[1]), hushmark.protected_payload(4711), key="open sesame")

with_key = hushmark.sync.read(marked.data, key="open sesame")
assert with_key.protected is not None
print(f"With the key: {with_key.protected.value}, {with_key.protected.corrected} bits corrected.")

without = hushmark.sync.read(marked.data)
assert without.payload is not None
print(f"Without it there is a mark, too, but it reads as {without.payload.value}.")
