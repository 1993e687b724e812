"""From a residual to a marked picture: what may be seen, how it is added."""
