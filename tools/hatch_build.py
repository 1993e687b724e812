"""Puts the weights into the wheel, for the command line and for scripts.

The page fetches them separately, so its wheel is built without hooks (HATCH_BUILD_NO_HOOKS).
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WeightsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the weights, unless the wheel only points into the checkout."""
        if version != "editable":
            for path in sorted(Path(self.root, "weights").iterdir()):
                if path.suffix in (".onnx", ".safetensors"):
                    build_data["force_include"][str(path)] = f"hushmark/weights/{path.name}"
