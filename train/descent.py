"""Training one network by itself: its optimiser and the running average of its weights."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


@dataclass(frozen=True)
class DescentRecipe:
    """The hyperparameters of the optimiser. A step is one step of it."""

    rate: float = 1e-3
    warm_up: int = 100
    """Steps of linear warm-up."""
    weight_decay: float = 1e-4
    largest_gradient: float = 1.0
    """Norm that gradients are clipped to."""
    averaging: float = 0.005
    """Share of the current weights that goes into their running average at each step."""


class Descent:
    """A network with its AdamW and its running average."""

    def __init__(self, network: nn.Module, recipe: DescentRecipe) -> None:
        self.average = averaged(network, recipe.averaging)
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
        )
        self.step = 0
        self._network = network
        self._recipe = recipe

    def descend(self, loss: Tensor, share: float) -> None:
        """One step down the gradient of a loss, at a share (0..1) of the base rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = self._recipe.rate * share
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._recipe.largest_gradient)
        self.optimizer.step()
        self.average.update_parameters(self._network)
        self.step += 1


def averaged(network: nn.Module, share: float) -> AveragedModel:
    """A running average of a network's weights, into which so much of the current ones goes at each step."""
    average_of = get_ema_multi_avg_fn(1 - share)  # type: ignore[no-untyped-call]  # PyTorch gives it no types
    return AveragedModel(network, multi_avg_fn=average_of)
