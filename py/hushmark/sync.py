"""`embed` and `read` without await, for scripts: `hushmark.sync.embed(Path("photo.jpg"), "pipe")`.

They take the same arguments, and return and raise the same. Where an event loop runs already, await
`hushmark.embed` and `hushmark.read` instead, or call these in a thread.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from . import api

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def _blocking(
    function: Callable[_Arguments, Coroutine[Any, Any, _Result]],
) -> Callable[_Arguments, _Result]:
    @wraps(function)
    def run(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        return asyncio.run(function(*args, **kwargs))

    return run


embed = _blocking(api.embed)
read = _blocking(api.read)
