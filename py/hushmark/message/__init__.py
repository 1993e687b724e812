"""What a mark says: messages, their seal and code, keys, known ids. Nothing here works on pixels."""
