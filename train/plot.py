"""Draw the curve of a training run as SVG.

python -m train.plot runs/first/curve.csv train/curves/hushmark.svg
"""

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

WIDTH, HEIGHT = 800, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 740, 30, 350
BIT_ACCURACY = (0.5, 1.0)
STRENGTH = (0.0, 5.0)
LINES = (
    ("colour_accuracy", "bit accuracy in colour", "#1f6feb", BIT_ACCURACY),
    ("grey_accuracy", "bit accuracy in grey", "#57606a", BIT_ACCURACY),
    ("strength", "strength (right)", "#d4721a", STRENGTH),
)
TICKS = 5


def draw(rows: list[dict[str, str]]) -> str:
    """The rows of a curve.csv (step, colour_accuracy, grey_accuracy, strength and others) -> SVG."""
    last = float(rows[-1]["step"])
    across = scale((0, last), (LEFT, RIGHT))
    parts = []
    for tick in range(TICKS + 1):
        share = tick / TICKS
        x, y = LEFT + share * (RIGHT - LEFT), BOTTOM - share * (BOTTOM - TOP)
        accuracy, strength = (low + share * (high - low) for low, high in (BIT_ACCURACY, STRENGTH))
        parts += [
            f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="#ddd"/>',
            text(LEFT - 8, y + 4, "end", f"{accuracy:.0%}"),
            text(RIGHT + 8, y + 4, "start", f"{strength:.0f}"),
            text(x, BOTTOM + 20, "middle", f"{share * last:,.0f}"),
        ]
    for number, (column, name, colour, limits) in enumerate(LINES):
        up = scale(limits, (BOTTOM, TOP))
        points = " ".join(f"{across(float(r['step'])):.1f},{up(float(r[column])):.1f}" for r in rows)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        x = LEFT + number * 230
        parts.append(f'<path d="M{x} 14h20" stroke="{colour}" stroke-width="3"/>')
        parts.append(text(x + 26, 18, "start", name))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 40, "middle", "step"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui, sans-serif" font-size="12">\n<rect width="{WIDTH}" height="{HEIGHT}" '
        f'fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def scale(values: tuple[float, float], places: tuple[float, float]) -> Callable[[float], float]:
    """The linear map of `values` to `places`, clipped at both ends."""
    (low, high), (start, end) = values, places
    return lambda value: start + (end - start) * min(max((value - low) / (high - low), 0), 1)


def text(x: float, y: float, anchor: str, content: str) -> str:
    """A label."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#333">{content}</text>'


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("curve", type=Path, help="curve.csv of a run")
    parser.add_argument("svg", type=Path)
    args = parser.parse_args()
    with args.curve.open(newline="") as file:
        args.svg.write_text(draw(list(csv.DictReader(file))))


if __name__ == "__main__":
    main()
