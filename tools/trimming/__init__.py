"""Makes WebAssembly small: leaves out functions that are never called. See trim.py and record.py."""
