"""From a picture to an answer: where to look, what to believe."""
