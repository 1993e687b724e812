"""X.509 certificates (RFC 5280): the few parts that reading and signing manifests need.

Written here because the page has no library for it. Whether an issuer can be trusted is not checked.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ..errors import (
    CertificateDamaged,
    CertificateEarly,
    CertificateExpired,
    CertificateKey,
    CertificatePurpose,
)

_OID_NAMES = {"2.5.4.3": "common", "2.5.4.10": "organisation"}
_KEY_USAGE, _BASIC_CONSTRAINTS, _EXTENDED_USAGE = "2.5.29.15", "2.5.29.19", "2.5.29.37"
_CURVE_KEY, _P256 = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7"
_PURPOSES = frozenset(
    [
        "1.3.6.1.5.5.7.3.4",  # mail
        "1.3.6.1.5.5.7.3.36",  # documents
        "1.3.6.1.4.1.62558.2.1",  # C2PA claims
    ]
)
"""The specification requires one of these in a certificate that signs claims."""
_DIGITAL_SIGNATURE = 0x80  # in the first byte of the key usage

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _SET, _INTEGER, _BITS, _BYTES, _OID, _BOOLEAN = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x01
_UTC_TIME, _TIME = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3


@dataclass(frozen=True)
class Certificate:
    """What a certificate says.

    `subject`, `issuer`: organisation or name; `start`, `end`: when it is valid; `key`: the public key as
    SubjectPublicKeyInfo (DER); `is_p256`: whether the key is one for ES256; `may_sign`: whether it is meant
    for signing claims, and is not an authority's own.
    """

    subject: str
    issuer: str
    start: datetime
    end: datetime
    key: bytes
    is_p256: bool
    may_sign: bool

    def state(self, now: datetime) -> Literal["current", "expired", "early"]:
        """Whether it is valid now, no longer, or not yet."""
        return "early" if now < self.start else "expired" if now > self.end else "current"


def parse(data: bytes) -> Certificate:
    """The certificate in these bytes (DER). Raises ValueError."""
    try:
        return _parse(data)
    except (IndexError, StopIteration, UnicodeDecodeError, KeyError) as error:
        raise ValueError("a damaged certificate") from error


def from_pem(data: bytes, name: str) -> tuple[bytes, ...]:
    """The certificates (DER) in a PEM file, in their order; it may hold other things, too.

    `name`: of the file, for sentences. Raises CertificateDamaged.
    """
    try:
        found = tuple(
            base64.b64decode(text.translate(None, b"\r\n\t "), validate=True) for text in _PEM.findall(data)
        )
        for each in found:
            parse(each)
    except ValueError as error:
        raise CertificateDamaged(name) from error
    if not found:
        raise CertificateDamaged(name)
    return found


def check(chain: tuple[bytes, ...], name: str) -> Certificate:
    """The first certificate of a chain, if it may sign claims by ES256, now.

    `name`: of its file, for sentences. Raises CertificateDamaged, CertificateKey, CertificatePurpose,
    CertificateExpired, CertificateEarly.
    """
    try:
        leaf = parse(chain[0])
    except (ValueError, IndexError) as error:
        raise CertificateDamaged(name) from error
    if not leaf.is_p256:
        raise CertificateKey(name)
    if not leaf.may_sign:
        raise CertificatePurpose(name)
    state = leaf.state(datetime.now(UTC))
    if state == "expired":
        raise CertificateExpired(name, leaf.end.date().isoformat())
    if state == "early":
        raise CertificateEarly(name, leaf.start.date().isoformat())
    return leaf


def _parse(data: bytes) -> Certificate:
    (whole,) = _items(data)
    inside = _items(_of(whole, _SEQUENCE))
    fields = [item for item in _items(_of(inside[0], _SEQUENCE)) if item[0] != _VERSION]
    _, _, issuer, validity, subject, key, *rest = fields
    start, end = (_time(item) for item in _items(_of(validity, _SEQUENCE)))
    algorithm = _items(_of(_items(_of(key, _SEQUENCE))[0], _SEQUENCE))
    extensions = {}
    for tag, content, _ in rest:
        if tag == _EXTENSIONS:
            for extension in _items(_of(_items(content)[0], _SEQUENCE)):
                name, *more = _items(_of(extension, _SEQUENCE))
                extensions[_oid(_of(name, _OID))] = _of(more[-1], _BYTES)
    return Certificate(
        subject=_name(subject),
        issuer=_name(issuer),
        start=start,
        end=end,
        key=key[2],
        is_p256=[_oid(content) for tag, content, _ in algorithm if tag == _OID] == [_CURVE_KEY, _P256],
        may_sign=_may_sign(extensions),
    )


def _may_sign(extensions: dict[str, bytes]) -> bool:
    constraints = _items(_of(_items(extensions.get(_BASIC_CONSTRAINTS, b"\x30\x00"))[0], _SEQUENCE))
    is_authority = any(tag == _BOOLEAN and any(content) for tag, content, _ in constraints)
    usage = _of(_items(extensions.get(_KEY_USAGE, b"\x03\x01\x00"))[0], _BITS)
    purposes = _items(_of(_items(extensions.get(_EXTENDED_USAGE, b"\x30\x00"))[0], _SEQUENCE))
    return (
        not is_authority
        and len(usage) > 1
        and bool(usage[1] & _DIGITAL_SIGNATURE)
        and any(_oid(_of(purpose, _OID)) in _PURPOSES for purpose in purposes)
    )


_Item = tuple[int, bytes, bytes]  # tag, content, and both with the length between


def _items(data: bytes) -> list[_Item]:
    """The DER items in these bytes. Raises ValueError."""
    found = []
    position = 0
    while position < len(data):
        tag, size, start = data[position], data[position + 1], position + 2
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4:
                raise ValueError("a length that DER has not")
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + size > len(data):
            raise ValueError("a certificate that is cut off")
        found.append((tag, data[start : start + size], data[position : start + size]))
        position = start + size
    return found


def _of(item: _Item, tag: int) -> bytes:
    if item[0] != tag:
        raise ValueError(f"tag {item[0]} instead of {tag} in a certificate")
    return item[1]


def _oid(content: bytes) -> str:
    numbers = [0]
    for byte in content:
        numbers[-1] = numbers[-1] << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(0)
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:-1]]))


def _name(item: _Item) -> str:
    """The organisation of a distinguished name, else its common name, else nothing."""
    found: dict[str, str] = {}
    for part in _items(_of(item, _SEQUENCE)):
        for pair in _items(_of(part, _SET)):
            kind, value = _items(_of(pair, _SEQUENCE))
            name = _OID_NAMES.get(_oid(_of(kind, _OID)))
            if name:
                found[name] = value[1].decode("utf-16-be" if value[0] == 0x1E else "utf-8", "replace")
    common, organisation = found.get("common", ""), found.get("organisation", "")
    if common and organisation and common != organisation:
        return f"{common} ({organisation})"
    return organisation or common


def _time(item: _Item) -> datetime:
    text = item[1].decode("ascii")
    if item[0] == _UTC_TIME:
        # Two digits: 50..99 are of the last century.
        text = ("19" if text[:2] >= "50" else "20") + text
    elif item[0] != _TIME:
        raise ValueError("no time in a certificate")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
