"""Tools that make the parts of the page."""
