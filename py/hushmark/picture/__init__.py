"""Pictures as files: formats, pixels, metadata."""
