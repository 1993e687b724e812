"""From a picture to a reading: where to look, and how to judge the results."""
