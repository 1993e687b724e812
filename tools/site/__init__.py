"""The parts of the site that build.py makes, one module each."""
