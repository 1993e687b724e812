"""Training by AdamW: the optimiser, and a running average of the weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


@dataclass(frozen=True)
class DescentRecipe:
    """The hyperparameters of the optimiser. A step is one step of it."""

    rate: float = 1e-3
    """Base learning rate."""
    warm_up: int = 100
    """Steps of linear warm-up."""
    weight_decay: float = 1e-4
    largest_gradient: float = 1.0
    """Norm that gradients are clipped to."""
    averaging: float = 0.005
    """Share of the current weights that goes into their running average at each step."""


class Descent:
    """Networks with their AdamW and the running average of their weights."""

    def __init__(
        self,
        networks: nn.Module,
        groups: list[dict[str, Any]],
        clipped: Sequence[list[nn.Parameter]],
        recipe: DescentRecipe,
    ) -> None:
        """`groups`: of parameters ("params") and their base rate ("lr"); `clipped`: those whose gradients are
        clipped together.
        """
        average_of = get_ema_multi_avg_fn(1 - recipe.averaging)  # type: ignore[no-untyped-call]  # PyTorch gives it no types
        self.average = AveragedModel(networks, multi_avg_fn=average_of)
        self.optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        self.step = 0
        self._networks = networks
        self._rates = [group["lr"] for group in groups]
        self._clipped = clipped
        self._largest_gradient = recipe.largest_gradient

    def descend(self, loss: Tensor, share: float) -> None:
        """One step down the gradient of a loss, at a share (0..1) of the base rates."""
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * share
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        for parameters in self._clipped:
            torch.nn.utils.clip_grad_norm_(parameters, self._largest_gradient)
        self.optimizer.step()
        self.average.update_parameters(self._networks)
        self.step += 1
