"""Wheels of numpy, Pillow, safetensors, cbor2 and micropip for Pyodide: found, fetched or built."""

from tools.wheels.find import Wheel, find_wheels
from tools.wheels.lock import WheelError

__all__ = ["Wheel", "WheelError", "find_wheels"]
