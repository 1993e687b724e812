"""Compares figures with their targets, in Markdown tables; also size and arithmetic of the networks."""

from collections.abc import Iterable
from dataclasses import dataclass

from hushmark.marking.pattern import REFINING_STEPS

from .forward import TorchForward, gmac, megabytes


@dataclass(frozen=True)
class Check:
    """A figure, and its target if there is one."""

    what: str
    figure: float
    unit: str
    least: float | None = None
    most: float | None = None

    def cells(self) -> list[str]:
        """What, figure, target, verdict."""
        target, verdict = "", ""
        if self.least is not None:
            target, verdict = f"at least {self.least:g}", verdict_of(self.figure >= self.least)
        if self.most is not None:
            target, verdict = f"at most {self.most:g}", verdict_of(self.figure <= self.most)
        return [self.what, f"{self.figure:.3f} {self.unit}".strip(), target, verdict]


def verdict_of(reached: bool) -> str:
    """One word, in capitals where the target was missed."""
    return "pass" if reached else "FAIL"


def print_table(head: list[str], rows: Iterable[list[str]]) -> None:
    """Print as Markdown."""
    for cells in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(cells) + " |")


def print_checks(checks: list[Check]) -> None:
    """One line per check."""
    print_table(["", "measured", "to reach", ""], [check.cells() for check in checks])


def costs(forward: TorchForward) -> list[Check]:
    """Size and arithmetic of the networks; the refiner is made of the decoder's weights."""
    counts = gmac(forward)
    stored = {name: network for name, network in forward.networks.items() if name != "refiner"}
    marking = counts["encoder"] + REFINING_STEPS * counts["refiner"]
    return [
        *(Check(f"{name}, fp16", megabytes(network), "MB") for name, network in stored.items()),
        *(Check(f"{name}, arithmetic", count, "GMAC") for name, count in counts.items()),
        Check("weights in all, fp16", sum(megabytes(network) for network in stored.values()), "MB", most=6),
        Check("arithmetic of a marking", marking, "GMAC", most=8),
    ]
