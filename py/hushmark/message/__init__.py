"""What a mark says: payloads, codes, keys, known ids. Nothing here knows a pixel."""
