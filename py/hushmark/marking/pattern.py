"""The residual that carries a message in a picture, or in all frames of an animation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelOutput
from ..forward import Forward
from .budget import Budget, to_grid

REFINING_STEPS = 4
"""At most so many steps along the decoder's gradient."""
REFINING_STEPS_AGAIN = 6
"""The same on top of another mark, which is in the way."""
REFINING_STEP = 0.12
"""Length of a step, as a share of what may be seen. After longer ones less is read of harmed pictures."""
ENOUGH_MARGIN = 6.0
"""Margin of the weakest bit from which on another step is not worth its time."""


class Pattern:
    """A residual on its way: what the network proposes, then refined until all views read it well."""

    def __init__(
        self,
        views: Sequence[NDArray[np.float32]],
        bits: NDArray[np.float32],
        *,
        grey: bool,
        strength: float,
        forward: Forward,
    ) -> None:
        """`views`: [1,3,320,320] of each cover, the most telling one first; `bits` [n] of 0 and 1."""
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
        """Ask the network, and shape its answer: it does not know the budget."""
        proposed = await self._forward.encode(self._wanted, self._views[0])
        if proposed.shape != self._views[0].shape:
            raise ModelOutput
        # What the network puts where much is seen goes where little is.
        self._residual = self._budget.shape(self._budget.precondition(to_grid(proposed[0])), self._strength)

    async def refine(self, steps: int) -> None:
        """Go at most so many steps along the decoder's gradient, the mean of the views'."""
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
