"""Mark a folder's photos into another one, and say what did not work: python a_folder.py photos marked"""

import sys
from pathlib import Path

import hushmark

photos, target = Path(sys.argv[1]), Path(sys.argv[2])
target.mkdir(exist_ok=True)
for photo in sorted(photos.iterdir()):
    try:
        marked = hushmark.sync.embed(photo, hushmark.random_identifier())
    except hushmark.AlreadyMarked as error:
        print(f"{photo.name} has a mark: {error.reading.message}")
    except hushmark.HushmarkError as error:
        print(f"{error.code}: {error}")
    else:
        if "unreadable" not in marked.warnings:
            (target / photo.name).write_bytes(marked.data)
            print(f"{photo.name} carries {marked.message.value}.")
