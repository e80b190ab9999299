"""Who is calling? Turns the Authorization header into a user of the Supabase project, or refuses.

A token is taken apart strictly before any library sees it; its signature is then checked with the
one algorithm that the key was published for, and its claims with rules of our own, because a
Supabase project signs more than its users' sessions: API keys and OpenID tokens are JWTs too.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from cachetools import LRUCache, TTLCache
from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from docsnap.errors import BadSettings, Unauthenticated, Unavailable
from docsnap.outbound import Budget, Outbound

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

type Clock = Callable[[], float]
type FetchKeys = Callable[[], bytes]

AUDIENCE = "authenticated"
ROLE = "authenticated"
LEEWAY = 30  # seconds that two clocks may differ
MAX_LIFETIME = 604_800  # seconds; the longest that Supabase lets a project choose
MAX_HEADER_LENGTH = 8192

KEYS_FRESH = 600  # seconds; as long as Supabase's own edge keeps them
KEYS_USABLE = 3600  # seconds; while Supabase does not answer
KEYS_COOLDOWN = 30  # seconds between fetches, or any stranger's kid would cause one
KEYS_RETRY = 5  # seconds after a fetch that failed
MAX_KEYS = 20
MAX_KEY_SET_BYTES = 65_536
SECRET_FRESH = 600  # seconds
SIGNED_TOKENS = 128  # remembered, of 8 KiB at most
MIN_SECRET_BYTES = 32  # RFC 7518, section 3.2

_BEARER = re.compile(r"Bearer +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.I | re.A)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.A)

# Header members that would let a token choose its own key, or mean something else by its bytes.
_REFUSED_MEMBERS = frozenset(
    {"b64", "crit", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u", "zip"}
)
_TYPES = frozenset({"jwt", "at+jwt"})
_ALGORITHMS = {"EC P-256": "ES256", "RSA ": "RS256", "OKP Ed25519": "EdDSA"}  # by kty and crv
_JWS = PyJWS(
    algorithms=[*_ALGORITHMS.values(), "HS256"], options={"enforce_minimum_key_length": True}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who is signed in."""

    id: str
    """The canonical UUID that Supabase gave them; the owner of their jobs."""
    is_anonymous: bool = False
    client_id: str | None = None
    """The OAuth client that acts for them, if any."""


class SigningKeys:
    """The project's public keys, held in memory: one set, bounded in size and age.

    Ages are told by the wall clock: a monotonic one may stand still while Lambda freezes us.
    """

    def __init__(self, fetch: FetchKeys, *, clock: Clock = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None
        self._next_fetch_at = clock()

    def find(self, kid: str) -> PyJWK | None:
        """Return the key of that name; None when the project has none.

        A set that is no longer fresh is fetched anew, and so is one that lacks the key, but not
        more often than the cooldown allows. When Supabase does not answer, the old set serves on
        for a while.

        Raises:
            Unavailable: No usable set; whether the token is good cannot be told now.
        """
        if (kid not in self._keys or self._age() > KEYS_FRESH) and self._may_fetch():
            self._refresh()
        if self._age() > KEYS_USABLE:
            raise Unavailable
        return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    def _may_fetch(self) -> bool:
        return self._clock() >= self._next_fetch_at

    def _refresh(self) -> None:
        self._next_fetch_at = self._clock() + KEYS_RETRY  # stands if the fetch fails
        try:
            keys = _read_key_set(self._fetch())
        except (OSError, ValueError):
            return
        self._keys = keys
        self._fetched_at = self._clock()
        self._next_fetch_at = self._fetched_at + KEYS_COOLDOWN


class SharedSecret:
    """The legacy HS256 secret of the project, read from Secrets Manager and kept for a while."""

    def __init__(
        self, client: "SecretsManagerClient", arn: str, *, clock: Clock = time.time
    ) -> None:
        self._client = client
        self._arn = arn
        self._held: TTLCache[str, bytes] = TTLCache(1, SECRET_FRESH, timer=clock)

    def get(self) -> bytes:
        """Return the secret.

        Raises:
            Unavailable: Secrets Manager did not give it.
            BadSettings: It is too short to keep anybody out.
        """
        secret = self._held.get(self._arn)
        if secret is None:
            try:
                secret = self._client.get_secret_value(SecretId=self._arn)["SecretString"].encode()
            except (ClientError, BotoCoreError, KeyError) as exc:
                raise Unavailable from exc
            if len(secret) < MIN_SECRET_BYTES:
                raise BadSettings("the secret of SUPABASE_JWT_SECRET_ARN has fewer than 32 bytes")
            self._held[self._arn] = secret
        return secret


class Verifier:
    """Accepts the access tokens of one Supabase project.

    Without `secret`, HS256 is off.
    """

    def __init__(
        self,
        supabase_url: str,
        *,
        keys: SigningKeys,
        secret: SharedSecret | None = None,
        allow_anonymous: bool = False,
        allow_clients: bool = False,
        clock: Clock = time.time,
    ) -> None:
        self._issuer = f"{supabase_url.rstrip('/')}/auth/v1"
        self._keys = keys
        self._secret = secret
        self._allow_anonymous = allow_anonymous
        self._allow_clients = allow_clients
        self._clock = clock
        self._signed: LRUCache[str, PyJWK | bytes] = LRUCache(SIGNED_TOKENS)

    def verify(self, authorization: str | None) -> User:
        """Return the user whose access token the header carries.

        Raises:
            Unauthenticated: Anything is wrong with it. Which thing is nobody's business.
            Unavailable: The keys, or the secret, cannot be had now.
        """
        token = _take_apart(authorization)
        self._check_signature(token)
        claims = _read_object(token.claims)
        _check_times(claims, now=self._clock())
        self._check_issue(claims)
        return self._identify(claims)

    def _check_signature(self, token: "_Token") -> None:
        header = _read_object(token.header)
        algorithm, kid = header.get("alg"), header.get("kid")
        is_plain = not _REFUSED_MEMBERS & header.keys() and (
            str(header.get("typ", "jwt")).lower() in _TYPES
        )
        if not is_plain or not isinstance(algorithm, str):
            raise Unauthenticated
        key = self._find_key(algorithm, kid)
        # Who polls sends the same token again and again: its signature by this very key holds
        # still. Whether the key is still the project's, and all that the token says, does not.
        if self._signed.get(token.text) is key:
            return
        try:
            _JWS.decode(token.text, key, algorithms=[algorithm])
        except PyJWTError as exc:
            raise Unauthenticated from exc
        self._signed[token.text] = key

    def _find_key(self, algorithm: str, kid: object) -> PyJWK | bytes:
        """Choose the key, and with it the only algorithm that may use it.

        A public key is never a secret here: HS256 knows the configured secret and nothing else.
        """
        if algorithm == "HS256" and self._secret is not None:
            if kid is not None and (not isinstance(kid, str) or self._is_public(kid)):
                raise Unauthenticated
            return self._secret.get()
        if not isinstance(kid, str) or algorithm not in _ALGORITHMS.values():
            raise Unauthenticated
        key = self._keys.find(kid)
        if key is None or key.algorithm_name != algorithm:
            raise Unauthenticated
        return key

    def _is_public(self, kid: str) -> bool:
        with suppress(Unavailable):  # the secret needs no key set
            return self._keys.find(kid) is not None
        return False

    def _check_issue(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if (
            claims.get("iss") != self._issuer
            or claims.get("role") != ROLE
            or AUDIENCE not in audiences
            or not all(isinstance(name, str) for name in audiences)
        ):
            raise Unauthenticated

    def _identify(self, claims: Mapping[str, Any]) -> User:
        anonymous, client = claims.get("is_anonymous", False), claims.get("client_id")
        if not _is_uuid(claims.get("sub")) or not _is_uuid(claims.get("session_id", claims["sub"])):
            raise Unauthenticated
        if not isinstance(anonymous, bool) or (anonymous and not self._allow_anonymous):
            raise Unauthenticated
        if client is not None and not (isinstance(client, str) and self._allow_clients):
            raise Unauthenticated
        return User(id=claims["sub"], is_anonymous=anonymous, client_id=client)


def key_set_url(supabase_url: str) -> str:
    """Return where the project publishes its public keys."""
    return f"{supabase_url.rstrip('/')}/auth/v1/.well-known/jwks.json"


def fetch_keys(supabase_url: str) -> FetchKeys:
    """Make the function that fetches the project's key set: three seconds, 64 KiB, no redirect.

    The address is the operator's own word, so any may be dialled.
    """
    budget = Budget(connect_seconds=3, total_seconds=3, max_body=MAX_KEY_SET_BYTES + 1)
    outbound = Outbound(allow_address=lambda _: True, budget=budget)
    url = key_set_url(supabase_url)

    def fetch() -> bytes:
        answer = outbound.request("GET", url, headers={"Accept": "application/json"})
        if answer.status != 200 or len(answer.body) > MAX_KEY_SET_BYTES:
            raise ConnectionError(f"no key set: status {answer.status}")
        return answer.body

    return fetch


class _Token(NamedTuple):
    text: str
    header: str
    claims: str


def _take_apart(authorization: str | None) -> _Token:
    if authorization is None or len(authorization) > MAX_HEADER_LENGTH:
        raise Unauthenticated
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise Unauthenticated
    return _Token(".".join(match.groups()), match[1], match[2])


def _read_object(segment: str) -> dict[str, Any]:
    """Decode one segment. What two readers could read differently is refused."""
    try:
        text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode()
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_number)
    except (ValueError, RecursionError) as exc:  # ValueError: also of base64 and of UTF-8
        raise Unauthenticated from exc
    if not isinstance(value, dict):
        raise Unauthenticated
    return value


def _without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("a member occurs twice")
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _check_times(claims: Mapping[str, Any], *, now: float) -> None:
    issued, expires = _time_of(claims, "iat"), _time_of(claims, "exp")
    not_before = _time_of(claims, "nbf") if "nbf" in claims else 0
    if (
        expires + LEEWAY <= now
        or issued - LEEWAY > now
        or not_before - LEEWAY > now
        or expires - issued > MAX_LIFETIME
    ):
        raise Unauthenticated


def _time_of(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    raise Unauthenticated


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _read_key_set(body: bytes) -> dict[str, PyJWK]:
    """Take the keys that we can use; ignore the others.

    The algorithm follows from the kind of key. A key that names another is not used at all,
    nor is one whose private half has been published.
    """
    document = json.loads(body, object_pairs_hook=_without_duplicates)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a key set")
    keys = (_read_key(jwk) for jwk in listed[:MAX_KEYS] if isinstance(jwk, dict))
    return dict(key for key in keys if key is not None)


def _read_key(jwk: dict[str, Any]) -> tuple[str, PyJWK] | None:
    kid, operations = jwk.get("kid"), jwk.get("key_ops", ["verify"])
    algorithm = _ALGORITHMS.get(f"{jwk.get('kty')} {jwk.get('crv', '')}")
    if (
        not isinstance(kid, str)
        or algorithm is None
        or jwk.get("alg", algorithm) != algorithm
        or jwk.get("use", "sig") != "sig"
        or not (isinstance(operations, list) and "verify" in operations)
        or "d" in jwk
    ):
        return None
    try:
        return kid, PyJWK(jwk, algorithm)
    except PyJWTError:
        return None
