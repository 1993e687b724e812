"""Where the networks run: the only modules that know JavaScript or onnxruntime."""

from ..credentials.cose import Verify, cannot_verify
from ..errors import SigningMissing


def verifier() -> Verify:
    """The function that checks signatures; without its packages, manifests say "unchecked"."""
    try:
        from .signing import verify
    except SigningMissing:
        return cannot_verify
    return verify
