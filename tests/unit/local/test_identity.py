import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import jwt
import pytest

from local import identity

URL = "http://127.0.0.1:54321"


def claims(directory: Path, **options: object) -> dict[str, object]:
    key = identity.signing_key(directory)
    text = identity.token(key, supabase_url=URL, name="ann", **options)  # type: ignore[arg-type]
    return dict(
        jwt.decode(
            text,
            key.public_key(),
            algorithms=["ES256"],
            audience="authenticated",
            options={"verify_exp": False},
        )
    )


def test_a_token_has_every_claim_that_supabase_puts_into_one(tmp_path: Path) -> None:
    always = {"iss", "aud", "exp", "iat", "sub", "email", "phone", "role", "aal"}
    mostly = {"session_id", "is_anonymous", "amr", "app_metadata", "user_metadata"}

    assert set(claims(tmp_path)) == always | mostly


def test_a_token_is_the_issuers_and_lasts_as_long_as_asked(tmp_path: Path) -> None:
    found = claims(tmp_path, ttl=120, role="service_role")

    assert found["iss"] == f"{URL}/auth/v1"
    assert found["role"] == "service_role"
    assert found["exp"] == pytest.approx(time.time() + 120, abs=5)


def test_a_token_can_be_expired_already(tmp_path: Path) -> None:
    found = claims(tmp_path, ttl=-60)

    assert found["exp"] == found["iat"]


def test_a_name_is_always_the_same_user(tmp_path: Path) -> None:
    assert claims(tmp_path)["sub"] == identity.user_id("ann") != identity.user_id("bob")


def test_the_key_is_kept_and_nobody_elses_to_read(tmp_path: Path) -> None:
    first = identity.signing_key(tmp_path / "identity")
    again = identity.signing_key(tmp_path / "identity")

    assert identity.key_id(first) == identity.key_id(again)
    assert (tmp_path / "identity" / "key.pem").stat().st_mode & 0o077 == 0


def test_the_key_set_verifies_a_token_and_holds_nothing_private(tmp_path: Path) -> None:
    key = identity.signing_key(tmp_path)
    text = identity.token(key, supabase_url=URL, name="ann")
    (published,) = jwt.PyJWKSet.from_dict(identity.jwks(key)).keys

    assert jwt.get_unverified_header(text)["kid"] == published.key_id
    assert jwt.decode(text, published, algorithms=["ES256"], audience="authenticated")
    assert "d" not in json.dumps(identity.jwks(key)["keys"])[0]
    assert "private_numbers" not in dir(published.key)


def test_the_key_set_is_where_supabase_has_it(tmp_path: Path) -> None:
    with identity.server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        with urllib.request.urlopen(f"{address}/auth/v1/.well-known/jwks.json") as answer:
            found = json.load(answer)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}/anything")
        refused.value.close()
        server.shutdown()

    assert found == identity.jwks(identity.signing_key(tmp_path))
