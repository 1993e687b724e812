"""Where the networks run: the only modules that know JavaScript or onnxruntime."""

from ..credentials.cose import Verify, cannot_verify
from ..errors import SigningMissing


def verifier() -> Verify:
    """What checks signatures; without its packages nothing does, and manifests say so."""
    try:
        from .signing import verify
    except SigningMissing:
        return cannot_verify
    return verify
