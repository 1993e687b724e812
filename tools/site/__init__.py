"""What build.py makes the site with: the parts of it, one module each."""
