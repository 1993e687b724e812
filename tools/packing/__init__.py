"""Makes Python's archives for the page small and quick to start from."""
