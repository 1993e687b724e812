"""Python runs this at its start if the folder is on the path: pictures named "crash" end their process."""

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from hushmark import pipeline


def crashing(work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    def crash(data: bytes, *arguments: Any, name: str, **options: Any) -> Awaitable[Any]:
        if "crash" in name:
            os.kill(os.getpid(), signal.SIGSEGV)
        return work(data, *arguments, name=name, **options)

    return crash


pipeline.embed = crashing(pipeline.embed)
