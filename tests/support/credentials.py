"""Manifests of other software, and its verdict on ours, both by c2pa-python, the reference implementation."""

import asyncio
import io
import json
import warnings
from functools import cache
from typing import Any

import c2pa
from cryptography.hazmat.primitives import serialization
from hushmark.credentials.certificate import from_pem
from hushmark.credentials.signing import Cover, Statement, sign
from hushmark.hosts.signing import NativeSigner, load_signer, make_test_certificate, verify
from hushmark.message.kinds import text
from hushmark.picture.container import MIME_TYPES, Format, InputFormat

CREATED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@cache
def certificate() -> tuple[bytes, bytes]:
    """A chain and its key (PEM)."""
    return make_test_certificate()


@cache
def signer() -> NativeSigner:
    """A signer with this certificate and key."""
    chain, key = certificate()
    return load_signer(chain, "chain.pem", key, "key.pem")


@cache
def expired_signer() -> NativeSigner:
    """A signer with an expired certificate, which `load_signer` refuses."""
    chain, key = make_test_certificate(days=-1)
    private = serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return NativeSigner(from_pem(chain, "expired.pem"), private)


def signed_by_others(data: bytes, file_format: InputFormat) -> bytes:
    """The picture with a manifest that c2pa-python made: created by a camera, with a small picture of it."""
    chain, key = certificate()
    definition = {
        "claim_generator_info": [{"name": "Another program", "version": "1"}],
        "title": "A cover",
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": CREATED}]},
            }
        ],
    }
    signed = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
        c2pa.Builder(definition).sign(theirs, MIME_TYPES[file_format], io.BytesIO(data), signed)
    return signed.getvalue()


def signed_by_us(
    data: bytes, file_format: Format = "JPEG", *, by: NativeSigner | None = None, **said: Any
) -> bytes:
    """A marked picture that says "pipe", signed by Ann Lee. `by`: who signs, `signer` unless given."""
    mime_type = MIME_TYPES[file_format]
    return asyncio.run(
        sign(
            data,
            file_format,
            text("pipe"),
            None,
            title="photo-marked",
            cover=Cover("photo", mime_type),
            statement=Statement(by or signer(), verify, author="Ann Lee", **said),
        )
    )


def judged(data: bytes, file_format: Format) -> dict[str, Any]:
    """The JSON of what c2pa-python reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer: dict[str, Any] = json.loads(c2pa.Reader(MIME_TYPES[file_format], io.BytesIO(data)).json())
    return answer


def failures(judgement: dict[str, Any]) -> list[str]:
    """The codes of failed checks, of the picture and of its ingredients."""
    results = judgement["validation_results"]
    parts = [results["activeManifest"]]
    parts += [each["validationDeltas"] for each in results.get("ingredientDeltas") or []]
    return [each["code"] for part in parts for each in part.get("failure", [])]
