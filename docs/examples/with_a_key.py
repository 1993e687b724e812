"""A number that only the key's holder can write and read: python with_a_key.py photo.jpg"""

import sys
from pathlib import Path

import hushmark

marked = hushmark.sync.embed(Path(sys.argv[1]), hushmark.number(4711), key="open sesame")

with_key = hushmark.sync.read(marked.data, key="open sesame")
assert with_key.message is not None
print(f"With the key: {with_key.message.value}.")

without = hushmark.sync.read(marked.data)
print(f"Without it: {without.outcome}, because of the {without.reason}.")
