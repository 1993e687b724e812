"""COSE_Sign1 (RFC 9052): the signature under a claim, with the certificates of who signed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from . import cbor

Verify = Callable[[str, bytes, bytes, bytes], Awaitable[bool | None]]
"""Given algorithm ("ES256"), public key (DER), signature and signed data: whether the signature holds; None
where that cannot be checked here."""


async def cannot_verify(algorithm: str, key: bytes, signature: bytes, data: bytes) -> None:
    """A `Verify` for use without a library that checks signatures."""


ES256_SIZE = 64
"""Bytes of a signature."""
_ALGORITHM, _CHAIN = 1, 33
_ES256 = -7
_ALGORITHMS = {
    -7: "ES256",
    -35: "ES384",
    -36: "ES512",
    -37: "PS256",
    -38: "PS384",
    -39: "PS512",
    -8: "EdDSA",
    -19: "EdDSA",
}
_SIGN1 = 18
_MOST_CERTIFICATES = 16


Sign = Callable[[bytes], Awaitable[bytes]]
"""Data -> its ES256 signature: r and s of 32 bytes each."""


class Signer(Protocol):
    """Who signs with ES256.

    `chain`: certificates (DER), that of the key first.
    """

    @property
    def chain(self) -> tuple[bytes, ...]:
        """See above."""
        ...

    async def sign(self, data: bytes) -> bytes:
        """The signature of `data`, r and s of 32 bytes each."""
        ...


@dataclass(frozen=True)
class Signature:
    """A signature as it was found.

    `algorithm`: ES256, or another one; `chain`: certificates (DER), that of the key first; `has_time_stamp`:
    whether a time-stamping service has signed as well.
    """

    algorithm: str
    chain: tuple[bytes, ...]
    has_time_stamp: bool
    _protected: bytes
    _signature: bytes

    async def holds(self, claim: bytes, key: bytes, verify: Verify) -> bool | None:
        """Whether it signs this claim with this public key (DER); None where that cannot be checked."""
        return await verify(self.algorithm, key, self._signature, _signed(self._protected, claim))


async def sign(claim: bytes, signer: Signer) -> bytes:
    """The COSE_Sign1 of a claim."""
    protected = _protected(signer)
    signature = await signer.sign(_signed(protected, claim))
    return _encoded(protected, signature)


def placeholder(signer: Signer) -> bytes:
    """Bytes of the same length as `sign` returns."""
    return _encoded(_protected(signer), bytes(ES256_SIZE))


def parse(data: bytes) -> Signature:
    """A COSE_Sign1. Raises ValueError."""
    found = cbor.decode(data)
    parts = getattr(found, "value", found)
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise ValueError("no COSE_Sign1")
    protected, unprotected, payload, signature = parts
    if not (isinstance(protected, bytes) and isinstance(unprotected, dict) and isinstance(signature, bytes)):
        raise ValueError("no COSE_Sign1")
    if payload is not None:
        raise ValueError("a signature of something else than the claim")
    headers = cbor.decode(protected) if protected else {}
    if not isinstance(headers, dict):
        raise ValueError("no COSE header")
    everything = {**unprotected, **headers}
    chain = everything.get(_CHAIN, everything.get("x5chain"))
    certificates = [chain] if isinstance(chain, bytes) else chain
    if not isinstance(certificates, list | tuple):
        raise ValueError("no certificates")
    if not all(isinstance(each, bytes) for each in certificates):
        raise ValueError("no certificates")
    if not 1 <= len(certificates) <= _MOST_CERTIFICATES:
        raise ValueError("no certificates, or too many")
    algorithm = headers.get(_ALGORITHM)
    return Signature(
        algorithm=_ALGORITHMS.get(algorithm, "") if isinstance(algorithm, int) else "",
        chain=tuple(certificates),
        has_time_stamp=any(name in unprotected for name in ("sigTst", "sigTst2")),
        _protected=protected,
        _signature=signature,
    )


def _protected(signer: Signer) -> bytes:
    chain = signer.chain[0] if len(signer.chain) == 1 else list(signer.chain)
    return cbor.encode({_ALGORITHM: _ES256, _CHAIN: chain})


def _signed(protected: bytes, claim: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", claim])


def _encoded(protected: bytes, signature: bytes) -> bytes:
    return cbor.encode(cbor.tagged(_SIGN1, [protected, {}, None, signature]))
