"""Who vouches for users locally? A stand-in for Supabase: a key, its JWKS, and tokens.

`python -m local.identity DIRECTORY PORT` serves the public key where Supabase has it.
"""

import json
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

JWKS_PATH = "/auth/v1/.well-known/jwks.json"
USERS = uuid.UUID("5f0f4d0e-6a0b-5b1e-9a63-0d6f4c1b7a52")
"""Namespace of the users' ids, so that a name is always the same user."""


def signing_key(directory: Path) -> ec.EllipticCurvePrivateKey:
    """Read the issuer's key, or make one if there is none yet."""
    path = directory / "key.pem"
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key
    directory.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key


def key_id(key: ec.EllipticCurvePrivateKey) -> str:
    """Name the key by what it is: a new key has a new name, as a verifier's cache expects."""
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return str(uuid.uuid5(USERS, public.hex()))


def jwks(key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    """Describe the public key as Supabase does."""
    public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    return {
        "keys": [
            {**public, "kid": key_id(key), "alg": "ES256", "use": "sig", "key_ops": ["verify"]}
        ]
    }


def user_id(name: str) -> str:
    """Derive the id of the user of this name."""
    return str(uuid.uuid5(USERS, name))


def token(
    key: ec.EllipticCurvePrivateKey,
    *,
    supabase_url: str,
    name: str,
    role: str = "authenticated",
    ttl: int = 3600,
) -> str:
    """Sign an access token with every claim that Supabase puts into one. `ttl` in seconds."""
    now = int(time.time())
    issued = min(now, now + ttl)
    claims = {
        "iss": f"{supabase_url}/auth/v1",
        "sub": user_id(name),
        "aud": "authenticated",
        "exp": now + ttl,
        "iat": issued,
        "email": f"{name}@example.com",
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {"email": f"{name}@example.com", "email_verified": True},
        "role": role,
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": issued}],
        "session_id": str(uuid.uuid4()),
        "is_anonymous": False,
    }
    return jwt.encode(claims, key, algorithm="ES256", headers={"kid": key_id(key)})


def server(directory: Path, port: int) -> ThreadingHTTPServer:
    """Make the server of the key; `port` 0 is any free one."""
    document = json.dumps(jwks(signing_key(directory))).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == JWKS_PATH
            body = document if found else b"{}"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "public, max-age=600")
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer(("127.0.0.1", port), Keys)


if __name__ == "__main__":
    server(Path(sys.argv[1]), int(sys.argv[2])).serve_forever()
