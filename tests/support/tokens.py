"""A Supabase project of our own: keys, key set, and any token, sound or forged."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

USER = "6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21"
SESSION = "0f9d7c54-2f83-4d4e-8a5b-93b6a7f0c9d3"
SECRET = "a-legacy-secret-of-the-project-with-88-characters-" + "x" * 38

type Sign = Callable[[bytes], bytes]
type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def encode_json(value: object) -> str:
    return encode(value if isinstance(value, bytes) else json.dumps(value).encode())


@dataclass(frozen=True)
class Key:
    kid: str
    alg: str
    private: PrivateKey

    @property
    def jwk(self) -> dict[str, Any]:
        public: Any = self.private.public_key()
        algorithms: dict[str, Any] = {
            "ES256": ECAlgorithm,
            "RS256": RSAAlgorithm,
            "EdDSA": OKPAlgorithm,
        }
        material: dict[str, Any] = json.loads(algorithms[self.alg].to_jwk(public))
        return material | {"kid": self.kid, "alg": self.alg, "use": "sig", "key_ops": ["verify"]}

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def der(self) -> bytes:
        return self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32) + s.to_bytes(32)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(data)


@cache
def new_key(kid: str, alg: str) -> Key:
    """The same key for the same name, so that tables stay quick."""
    if alg == "RS256":
        return Key(kid, alg, rsa.generate_private_key(65537, 2048))
    if alg == "EdDSA":
        return Key(kid, alg, ed25519.Ed25519PrivateKey.generate())
    return Key(kid, alg, ec.generate_private_key(ec.SECP256R1()))


def hs256(secret: str | bytes) -> Sign:
    key = secret.encode() if isinstance(secret, str) else secret
    return lambda data: hmac.new(key, data, hashlib.sha256).digest()


@dataclass
class Project:
    """What signs tokens. `published` is what its key set shows."""

    url: str
    now: float
    es256: Key = field(default_factory=lambda: new_key("es-1", "ES256"))
    rs256: Key = field(default_factory=lambda: new_key("rs-1", "RS256"))
    eddsa: Key = field(default_factory=lambda: new_key("ed-1", "EdDSA"))
    secret: str = SECRET
    published: list[dict[str, Any]] | None = None

    @property
    def jwks(self) -> dict[str, Any]:
        keys = [key.jwk for key in (self.es256, self.rs256, self.eddsa)]
        return {"keys": keys if self.published is None else self.published}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Claims of a signed-in user; a change to `...` leaves the member out."""
        claims = {
            "iss": f"{self.url}/auth/v1",
            "aud": "authenticated",
            "sub": USER,
            "role": "authenticated",
            "iat": int(self.now),
            "exp": int(self.now) + 3600,
            "session_id": SESSION,
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": int(self.now)}],
            "email": "reader@example.com",
            "phone": "",
            "is_anonymous": False,
            "app_metadata": {"provider": "email"},
            "user_metadata": {},
        }
        return without_omitted(claims | changes)

    def token(
        self,
        *,
        key: Key | None = None,
        header: Mapping[str, Any] | bytes | None = None,
        claims: Mapping[str, Any] | bytes | None = None,
        sign: Sign | None = None,
    ) -> str:
        """A sound token, but for what is given; `header` changes members, or is the bytes."""
        key = key or self.es256
        if not isinstance(header, bytes):
            members = {"alg": key.alg, "kid": key.kid, "typ": "JWT"} | dict(header or {})
            header = json.dumps(without_omitted(members)).encode()
        signed = f"{encode(header)}.{encode_json(self.claims() if claims is None else claims)}"
        return f"{signed}.{encode((sign or key.sign)(signed.encode()))}"


def without_omitted(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ...}
