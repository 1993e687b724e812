"""Tools that make what the page is built from."""
