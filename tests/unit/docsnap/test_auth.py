import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from cryptography.hazmat.primitives.asymmetric import rsa
from docsnap.auth import SharedSecret, SigningKeys, Verifier, key_set_url
from docsnap.errors import BadSettings, Unauthenticated, Unavailable
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm

from tests.support.tokens import SECRET, USER, Key, Project, new_key
from tests.unit.docsnap.token_cases import (
    ANONYMOUS_CASES,
    CASES,
    CLIENT_CASES,
    SECRET_CASES,
    Case,
)

NOW = 1_800_000_000.0
URL = "https://abcdefghijklmnopqrst.supabase.co"
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt"


@dataclass
class Supabase:
    """Publishes a project's keys, or is down; counts who asks."""

    project: Project
    is_down: bool = False
    answer: bytes | None = None
    asked: int = 0

    def __call__(self) -> bytes:
        self.asked += 1
        if self.is_down:
            raise TimeoutError
        return json.dumps(self.project.jwks).encode() if self.answer is None else self.answer


@dataclass
class SecretsManager:
    """Stands where the client does."""

    secret: str = SECRET
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - theirs
        self.asked.append(SecretId)
        if self.error:
            raise self.error
        return {"SecretString": self.secret}


class World:
    """A project, a verifier of its tokens, and the time."""

    def __init__(self, *, with_secret: bool = False, **settings: bool) -> None:
        self.now = NOW
        self.project = Project(URL, NOW)
        self.supabase = Supabase(self.project)
        self.secrets = SecretsManager()
        self.verifier = Verifier(
            URL,
            keys=SigningKeys(self.supabase, clock=lambda: self.now),
            secret=SharedSecret(self.secrets, ARN, clock=lambda: self.now)  # type: ignore[arg-type]
            if with_secret
            else None,
            clock=lambda: self.now,
            **settings,
        )

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.project.now = self.now

    def accepts(self, header: str | None) -> bool:
        try:
            return self.verifier.verify(header).id == USER
        except Unauthenticated:
            return False

    def accepts_key(self, key: Key) -> bool:
        return self.accepts(f"Bearer {self.project.token(key=key)}")

    def accepts_present_token(self) -> bool:
        return self.accepts(f"Bearer {self.project.token()}")


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("with_secret", [False, True], ids=["keys", "keys and secret"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_token_gets_its_verdict(case: Case, with_secret: bool) -> None:
    world = World(with_secret=with_secret)

    assert world.accepts(case.header(world.project)) is case.accepted


@pytest.mark.parametrize("case", SECRET_CASES, ids=str)
def test_a_token_of_the_legacy_secret_gets_its_verdict(case: Case) -> None:
    world = World(with_secret=True)

    assert world.accepts(case.header(world.project)) is case.accepted


def test_the_legacy_secret_serves_while_supabase_is_down() -> None:
    world = World(with_secret=True)
    world.supabase.is_down = True

    for case in SECRET_CASES:
        if case.accepted:
            assert world.accepts(case.header(world.project)), case


@pytest.mark.parametrize("case", SECRET_CASES, ids=str)
def test_without_a_secret_hs256_is_off(world: World, case: Case) -> None:
    assert not world.accepts(case.header(world.project))


@pytest.mark.parametrize("case", ANONYMOUS_CASES, ids=str)
def test_anonymous_users_are_a_setting(case: Case) -> None:
    header = case.header(Project(URL, NOW))

    assert not World().accepts(header)
    assert not World(allow_clients=True).accepts(header)
    assert World(allow_anonymous=True).accepts(header)


@pytest.mark.parametrize("case", CLIENT_CASES, ids=str)
def test_oauth_clients_are_a_setting(case: Case) -> None:
    header = case.header(Project(URL, NOW))

    assert not World().accepts(header)
    assert not World(allow_anonymous=True).accepts(header)
    assert World(allow_clients=True).accepts(header)


@pytest.mark.parametrize("client", [1, True, [], {}])
def test_an_oauth_client_has_a_name(client: object) -> None:
    world = World(allow_clients=True)

    assert not world.accepts(
        f"Bearer {world.project.token(claims=world.project.claims(client_id=client))}"
    )


def test_the_user_is_told_apart_by_more_than_the_id() -> None:
    world = World(allow_anonymous=True, allow_clients=True)
    claims = world.project.claims(is_anonymous=True, client_id="app")

    user = world.verifier.verify(f"Bearer {world.project.token(claims=claims)}")

    assert (user.id, user.is_anonymous, user.client_id) == (USER, True, "app")


def test_a_refusal_does_not_say_why(world: World) -> None:
    messages = set()
    for case in CASES:
        if not case.accepted:
            with pytest.raises(Unauthenticated) as refusal:
                world.verifier.verify(case.header(world.project))
            messages.add(str(refusal.value))

    assert messages == {str(Unauthenticated())}


@given(text=st.text() | st.from_regex(r"Bearer [\w.-]{0,200}", fullmatch=True))
def test_any_text_at_all_is_refused(text: str) -> None:
    assert not World().accepts(text)


@given(data=st.data())
def test_a_token_with_any_letter_changed_is_refused(data: st.DataObject) -> None:
    world = World()
    header = f"Bearer {world.project.token()}"
    place = data.draw(st.integers(len("Bearer "), len(header) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_.=+/ ").filter(lambda x: x != header[place]))

    assert not world.accepts(header[:place] + letter + header[place + 1 :])


@given(
    claims=st.dictionaries(
        st.sampled_from(["exp", "iat", "nbf", "aud", "iss", "role", "sub", "client_id"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
        min_size=1,
    )
)
def test_claims_of_any_type_are_judged(claims: dict[str, Any]) -> None:
    world = World()

    world.accepts(f"Bearer {world.project.token(claims=world.project.claims() | claims)}")


def test_keys_are_fetched_once_for_many_tokens(world: World) -> None:
    for _ in range(20):
        assert world.accepts_present_token()
        world.advance(seconds=20)

    assert world.supabase.asked == 1


def test_a_signature_that_was_good_saves_nothing_else_from_being_checked(world: World) -> None:
    header = f"Bearer {world.project.token()}"
    assert world.accepts(header)
    last = header[-2]
    forged = f"{header[:-2]}{'A' if last != 'A' else 'B'}{header[-1]}"

    assert not world.accepts(forged)
    assert world.accepts(header)
    world.advance(3600 + 31)
    assert not world.accepts(header)


def test_nothing_is_fetched_for_what_is_no_token(world: World) -> None:
    for header in (None, "", "Bearer x", "Bearer a.b.c", "Basic eDp5"):
        world.accepts(header)

    assert world.supabase.asked == 0


def test_a_rotated_key_is_accepted_at_once(world: World) -> None:
    assert world.accepts_present_token()
    world.advance(31)
    fresh = new_key("es-2", "ES256")
    world.project.published = [world.project.es256.jwk, fresh.jwk]

    assert world.accepts_key(fresh)
    assert world.accepts_key(world.project.es256)
    assert world.supabase.asked == 2


def test_a_revoked_key_is_refused_after_ten_minutes(world: World) -> None:
    assert world.accepts_present_token()
    world.project.published = [world.project.rs256.jwk]
    world.advance(599)
    assert world.accepts_present_token()

    world.advance(2)

    assert not world.accepts_present_token()
    assert world.accepts_key(world.project.rs256)


def test_unknown_keys_cause_one_fetch_in_half_a_minute(world: World) -> None:
    for n in range(200):
        world.accepts_key(Key(f"es-{n + 2}", "ES256", world.project.es256.private))
    world.advance(29)
    world.accepts_key(Key("es-1000", "ES256", world.project.es256.private))
    asked_at_first = world.supabase.asked
    world.advance(2)
    for n in range(200):
        world.accepts_key(Key(f"es-{n + 2}", "ES256", world.project.es256.private))

    assert (asked_at_first, world.supabase.asked) == (1, 2)


def test_while_supabase_is_down_the_old_keys_serve_for_an_hour(world: World) -> None:
    assert world.accepts_present_token()
    world.supabase.is_down = True
    world.advance(3599)
    assert world.accepts_present_token()

    world.advance(2)

    with pytest.raises(Unavailable):
        world.accepts_present_token()


def test_while_supabase_is_down_it_is_not_asked_for_every_token(world: World) -> None:
    assert world.accepts_present_token()
    world.supabase.is_down = True
    world.advance(700)

    for _ in range(100):
        assert world.accepts_present_token()

    assert world.supabase.asked == 2


def test_before_any_key_was_had_nobody_can_tell(world: World) -> None:
    world.supabase.is_down = True
    for _ in range(10):
        with pytest.raises(Unavailable):
            world.accepts_present_token()
    assert world.supabase.asked == 1

    world.supabase.is_down = False
    world.advance(6)

    assert world.accepts_present_token()


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}', b"\xff", b"1"]
)
def test_an_answer_that_is_no_key_set_changes_nothing(world: World, answer: bytes) -> None:
    assert world.accepts_present_token()
    world.supabase.answer = answer
    world.advance(700)

    assert world.accepts_present_token()


def test_a_project_without_keys_lets_nobody_in(world: World) -> None:
    world.project.published = []

    assert not world.accepts_present_token()


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "ES384"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"kty": "RSA"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": ["EC"]},
        {"crv": "P-384"},
        {"crv": {}},
        {"kid": 1},
        {"kid": None},
        {"x": "AAAA"},
        {"x": 1},
        {"d": "AAAA"},
    ],
    ids=str,
)
def test_a_key_that_is_published_for_something_else_is_not_used(
    world: World, changes: dict[str, Any]
) -> None:
    world.project.published = [world.project.es256.jwk | changes, world.project.rs256.jwk]

    assert not world.accepts_present_token()
    assert world.accepts_key(world.project.rs256)


@pytest.mark.parametrize("left_out", ["alg", "use", "key_ops"])
def test_what_a_key_does_not_say_follows_from_its_kind(world: World, left_out: str) -> None:
    keys = (world.project.es256, world.project.rs256, world.project.eddsa)
    jwks = [{k: v for k, v in key.jwk.items() if k != left_out} for key in keys]
    world.project.published = [*jwks, None, 1, "key", []]  # type: ignore[list-item]

    assert all(world.accepts_key(key) for key in keys)


def test_a_key_whose_private_half_is_published_is_not_trusted(world: World) -> None:
    key = world.project.es256
    world.project.published = [json.loads(ECAlgorithm.to_jwk(key.private)) | {"kid": key.kid}]  # type: ignore[arg-type]

    assert not world.accepts_present_token()


def test_a_short_rsa_key_is_not_trusted(world: World) -> None:
    weak = Key("weak", "RS256", rsa.generate_private_key(65537, 1024))
    world.project.published = [weak.jwk]

    assert not world.accepts_key(weak)


def test_a_key_set_is_bounded(world: World) -> None:
    key = world.project.es256
    others = [key.jwk | {"kid": f"k{n}"} for n in range(100)]
    world.project.published = [*others, key.jwk]

    assert world.accepts_key(Key("k0", "ES256", key.private))
    assert not world.accepts_key(key)


def test_the_secret_is_read_once_in_ten_minutes() -> None:
    world = World(with_secret=True)
    header = SECRET_CASES[0].header(world.project)
    for _ in range(5):
        assert world.accepts(header)
        world.advance(100)
    assert world.secrets.asked == [ARN]

    world.advance(200)
    world.accepts(header)

    assert world.secrets.asked == [ARN, ARN]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue"),
        EndpointConnectionError(endpoint_url="https://secretsmanager"),
    ],
    ids=["denied", "down"],
)
def test_without_the_secret_nobody_can_tell(error: Exception) -> None:
    world = World(with_secret=True)
    world.secrets.error = error

    with pytest.raises(Unavailable):
        world.accepts(SECRET_CASES[0].header(world.project))
    assert world.accepts_present_token()


def test_a_short_secret_is_no_secret() -> None:
    world = World(with_secret=True)
    world.secrets.secret = "x" * 31

    with pytest.raises(BadSettings) as error:
        world.accepts(SECRET_CASES[0].header(world.project))

    assert "x" * 5 not in str(error.value)


def test_a_slash_behind_the_url_of_the_project_does_not_matter() -> None:
    assert key_set_url(f"{URL}/") == key_set_url(URL) == f"{URL}/auth/v1/.well-known/jwks.json"


def test_memory_stays_flat_over_ten_thousand_invocations() -> None:
    world = World(with_secret=True)
    headers = [case.header(world.project) for case in (*CASES, *SECRET_CASES)]
    unknown = world.project.es256.private

    def invoke(times: int) -> None:
        for n in range(times):
            world.accepts(headers[n % len(headers)])
            if n % 10 == 0:
                world.accepts_key(Key(f"unknown-{n}", "ES256", unknown))
                world.advance(7)

    grown = growth(invoke)

    assert grown < 64 * 1024


def growth(invoke: Callable[[int], None]) -> int:
    """Bytes that ten thousand calls leave behind, after caches have filled."""
    tracemalloc.start()
    try:
        invoke(1000)
        before, _ = tracemalloc.get_traced_memory()
        invoke(10_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before


def test_importing_the_verifier_loads_no_http_framework() -> None:
    code = "import sys, docsnap.auth; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": "layers/docsnap"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()

    assert not {"httpx2", "requests", "asyncio", "pydantic"} & set(modules)
