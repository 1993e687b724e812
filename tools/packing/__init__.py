"""Makes Python's archives for the page small and fast to start."""
