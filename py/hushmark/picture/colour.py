"""Luma and the two colours of RGB, as in JPEG."""

import numpy as np

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601 weights of red, green and blue."""
TO_YCC = np.array([LUMA, (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312)], np.float32)
"""RGB -> Y, Cb, Cr (ITU-R BT.601, full range)."""
TO_RGB = np.array([(1, 0, 1.402), (1, -0.344136, -0.714136), (1, 1.772, 0)], np.float32)
"""Y, Cb, Cr -> RGB."""
