"""The forward passes that the pipeline needs, whatever runs them."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Forward(Protocol):
    """The forward pass; S is the model card's image size, n its number of bits.

    Async throughout, because a session in the page can only be awaited.
    """

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bits [1,n] of 0 and 1 and image [1,3,S,S], RGB in 0..1 -> residual [1,3,S,S] to be added to it."""
        ...

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As `encode`, with the residual so far [1,3,S/2,S/2] -> gradient [1,3,S/2,S/2], margins [1,n].

        A step along the gradient, of any scale, makes the decoder surer of the bits; the margin of a bit is
        its logit where it is right, minus its logit where it is wrong, in the worst of several views.
        """
        ...

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Image [1,3,S,S], RGB in 0..1 -> logits [1,n], positive meaning 1."""
        ...

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Image [1,3,S,S], RGB in 0..1 -> where in a marked picture it lies [1,10].

        x and y of its top left, top right, bottom left and bottom right corner, in -1..1 of the marked
        picture's width and height; the logarithm of their expected error; a logit of whether it is marked and
        upright.
        """
        ...
