"""Keys, certificates and signatures on the command line, by the library cryptography."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ..credentials import certificate
from ..errors import CertificateDamaged, CertificateKey, SigningKeyDamaged, SigningKeyOther, SigningMissing

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    from cryptography.x509.verification import (
        Criticality,
        ExtensionPolicy,
        Policy,
        PolicyBuilder,
        Store,
        VerificationError,
    )
except ImportError as error:
    raise SigningMissing from error

_TEST_DAYS = 30
_TEST_NAME = "Hushmark test certificate, not trusted"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass(frozen=True)
class NativeSigner:
    """See `cose.Signer`. Other processes get it by pickling, so the key is bytes (DER)."""

    chain: tuple[bytes, ...]
    key: bytes = field(repr=False)

    async def sign(self, data: bytes) -> bytes:
        """See `cose.Signer`."""
        key = serialization.load_der_private_key(self.key, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def load_signer(chain: bytes, chain_name: str, key: bytes, key_name: str) -> NativeSigner:
    """Who signs, from a chain of certificates and a private key (PEM).

    `chain_name`, `key_name`: of their files, for sentences. Raises SigningKeyDamaged, SigningKeyOther, and
    what `certificate.check` raises.
    """
    certificates = certificate.from_pem(chain, chain_name)
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyDamaged(key_name) from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise CertificateKey(key_name)
    leaf = certificate.check(certificates, chain_name)
    if private.public_key() != serialization.load_der_public_key(leaf.key):
        raise SigningKeyOther(key_name, chain_name)
    return NativeSigner(
        certificates,
        private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


async def verify(algorithm: str, key: bytes, signature: bytes, data: bytes) -> bool | None:
    """See `cose.Verify`."""
    try:
        public = serialization.load_der_public_key(key)
        digest = _HASHES.get(algorithm[2:])
        if isinstance(public, ec.EllipticCurvePublicKey) and algorithm.startswith("ES") and digest:
            half = len(signature) // 2
            numbers = [int.from_bytes(part, "big") for part in (signature[:half], signature[half:])]
            public.verify(utils.encode_dss_signature(*numbers), data, ec.ECDSA(digest))
        elif isinstance(public, rsa.RSAPublicKey) and algorithm.startswith("PS") and digest:
            salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
            public.verify(signature, data, salted, digest)
        elif isinstance(public, ed25519.Ed25519PublicKey) and algorithm == "EdDSA":
            public.verify(signature, data)
        else:
            return None
    except (ValueError, UnsupportedAlgorithm):
        return None
    except InvalidSignature:
        return False
    return True


def trust_in(issuers: bytes, name: str) -> Callable[[tuple[bytes, ...]], bool]:
    """A function: does a chain (DER), the signer's certificate first, lead to one of these issuers (PEM) now?

    The first certificate must be one that may sign claims: the same issuers vouch for web servers, too.
    `name`: of their file, for sentences. Raises CertificateDamaged.
    """
    try:
        store = Store(x509.load_pem_x509_certificates(issuers))
    except ValueError as error:
        raise CertificateDamaged(name) from error

    def is_authority(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
        if not constraints.ca:
            raise ValueError("not an authority")

    def signs_certificates(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
        if usage is not None and not usage.key_cert_sign:
            raise ValueError("not meant for signing certificates")

    # The library's own policies are those of web servers, whose certificates have other purposes.
    anything = ExtensionPolicy.permit_all()
    authority = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, is_authority)
    authority = authority.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, signs_certificates)

    def trusts(chain: tuple[bytes, ...]) -> bool:
        policies = PolicyBuilder().store(store).extension_policies(ca_policy=authority, ee_policy=anything)
        try:
            leaf, *others = map(x509.load_der_x509_certificate, chain)
            policies.build_client_verifier().verify(leaf, others)
            return certificate.parse(chain[0]).may_sign
        except (ValueError, VerificationError, x509.InvalidVersion):
            return False

    return trusts


def make_test_certificate(days: int = _TEST_DAYS) -> tuple[bytes, bytes]:
    """A chain and a private key (PEM) to try signing with. By the certificate's name, it is not trusted.

    `days`: how long it is valid; below 0 it has expired. The issuing authority's key is thrown away.
    """
    now = datetime.now(UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{_TEST_NAME}, authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _TEST_NAME)])

    def begun(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .issuer_name(authority)
            .subject_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=min(days - 1, 0), minutes=-5))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def usage(*, signs: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=signs,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=not signs,
            crl_sign=not signs,
            encipher_only=False,
            decipher_only=False,
        )

    root = (
        begun(authority, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs=False), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        begun(subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (leaf, root))
    return chain, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
