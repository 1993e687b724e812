"""The residual that carries a message in a picture, or in all frames of an animation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelOutput
from ..forward import Forward
from .budget import Budget, to_grid

REFINING_STEPS = 4
"""Most steps along the decoder's gradient."""
REFINING_STEPS_AGAIN = 6
"""The same on top of another mark, which takes more steps."""
REFINING_STEP = 0.14
"""Length of a step, as a share of the budget. After longer ones, fewer damaged pictures are read."""
ENOUGH_MARGIN = 6.0
"""Margin of the weakest bit at which refining stops."""


class Pattern:
    """A residual: first as the network proposes it, then refined until the mark is read well in all views."""

    def __init__(
        self,
        views: Sequence[NDArray[np.float32]],
        bits: NDArray[np.float32],
        *,
        grey: bool,
        strength: float,
        forward: Forward,
    ) -> None:
        """`views`: [1,3,320,320] of each cover, the one with most detail first; `bits` [n] of 0 and 1."""
        self._views = views
        self._wanted = bits[np.newaxis]
        self._strength = strength
        self._forward = forward
        self._budget = Budget(*(to_grid(view[0]) for view in views), grey=grey)
        self._residual = np.zeros_like(to_grid(views[0][0]))

    @property
    def residual(self) -> NDArray[np.float32]:
        """[1,3,160,160], as displayed, 1 being the full range."""
        return self._residual[np.newaxis]

    async def propose(self) -> None:
        """Run the network, and shape its residual to the budget, which the network does not respect."""
        proposed = await self._forward.encode(self._wanted, self._views[0])
        if proposed.shape != self._views[0].shape:
            raise ModelOutput
        # Move the residual to where it is seen less.
        self._residual = self._budget.shape(self._budget.precondition(to_grid(proposed[0])), self._strength)

    async def refine(self, steps: int) -> None:
        """Take at most so many steps along the decoder's gradient, averaged over the views."""
        for _ in range(steps):
            answers = []
            for view in self._views:
                gradient, margins = await self._forward.refine(self._wanted, view, self.residual)
                if gradient.shape[1:] != self._residual.shape or margins.shape != self._wanted.shape:
                    raise ModelOutput
                answers.append((gradient[0], margins))
            if min(margins.min() for _, margins in answers) >= ENOUGH_MARGIN:
                break
            total = np.add.reduce([gradient for gradient, _ in answers])
            direction = self._budget.precondition(total)
            length = REFINING_STEP * self._strength / max(self._budget.visibility(direction), 1e-12)
            shaped = self._residual + np.float32(length) * direction
            self._residual = self._budget.shape(shaped, self._strength)
