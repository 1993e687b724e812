"""C2PA manifests, which others can check: written into a picture's file, read, and found by its mark."""
