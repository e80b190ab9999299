"""Authorization headers and their right verdicts, for the verifier and for a deployed stack.

`CASES` hold whether or not the project has a legacy secret. `SECRET_CASES` are what that secret
signs: `accepted` is the verdict when it is configured, and without it every one is refused.
`ANONYMOUS_CASES` and `CLIENT_CASES` are accepted only by a stack that allows such users.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.tokens import Key, Project, encode_json, hs256, new_key

HOUR = 3600
DAY = 24 * HOUR
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

type Header = Callable[[Project], str | None]


@dataclass(frozen=True)
class Case:
    name: str
    header: Header
    accepted: bool = False
    over_http: bool = True
    """Whether an HTTP client and the gateway would carry the header as it is."""

    def __str__(self) -> str:
        return self.name


def bearer(make: Callable[[Project], str]) -> Header:
    return lambda project: f"Bearer {make(project)}"


def with_claims(**changes: Any) -> Header:
    return bearer(lambda project: project.token(claims=project.claims(**changes)))


def shifted(**seconds: float) -> Header:
    """Times relative to the project's present."""

    def header(project: Project) -> str:
        times = {name: int(project.now) + shift for name, shift in seconds.items()}
        return f"Bearer {project.token(claims=project.claims(**times))}"

    return header


def with_header(**changes: Any) -> Header:
    return bearer(lambda project: project.token(header=changes))


def raw_header(make: Callable[[Project], bytes]) -> Header:
    return bearer(lambda project: project.token(header=make(project)))


def raw_claims(make: Callable[[dict[str, Any]], bytes]) -> Header:
    return bearer(lambda project: project.token(claims=make(project.claims())))


def signed_by(pick: Callable[[Project], Key]) -> Header:
    return bearer(lambda project: project.token(key=pick(project)))


def unsigned(alg: object, signature: bytes = b"") -> Header:
    return bearer(lambda project: project.token(header={"alg": alg}, sign=lambda _: signature))


def confused(secret: Callable[[Project], bytes], **header: Any) -> Header:
    """HS256 with something public as the secret."""
    return bearer(
        lambda project: project.token(
            key=project.rs256, header={"alg": "HS256"} | header, sign=hs256(secret(project))
        )
    )


def psychic(r: int, s: int) -> Header:
    return bearer(lambda project: project.token(sign=lambda _: r.to_bytes(32) + s.to_bytes(32)))


def changed(change: Callable[[str], str]) -> Header:
    """A sound header, spoiled."""
    return lambda project: change(f"Bearer {project.token()}")


def segments(change: Callable[[list[str]], list[str]]) -> Header:
    return bearer(lambda project: ".".join(change(project.token().split("."))))


def _foreign(alg: str, kid: str) -> Key:
    return Key(kid, alg, new_key(f"foreign {alg}", alg).private)


def secret_claims(**changes: Any) -> Header:
    return bearer(
        lambda project: project.token(
            header={"alg": "HS256", "kid": ...},
            claims=project.claims(**changes),
            sign=hs256(project.secret),
        )
    )


def api_key(role: str) -> Header:
    """The anon and service_role keys of a project, which are JWTs signed with the same secret."""

    def header(project: Project) -> str:
        issued = int(project.now) - 30 * DAY
        claims = {
            "iss": "supabase",
            "ref": "abcdefghijklmnopqrst",
            "role": role,
            "iat": issued,
            "exp": issued + 3650 * DAY,
        }
        token = project.token(
            header={"alg": "HS256", "kid": ...}, claims=claims, sign=hs256(project.secret)
        )
        return f"Bearer {token}"

    return header


SOUND = [
    Case("es256", bearer(lambda p: p.token()), True),
    Case("rs256", signed_by(lambda p: p.rs256), True),
    Case("eddsa", signed_by(lambda p: p.eddsa), True),
    Case("scheme in lower case", changed(lambda h: h.replace("Bearer", "bearer")), True),
    Case("scheme in upper case", changed(lambda h: h.replace("Bearer", "BEARER")), True),
    Case("several spaces", changed(lambda h: h.replace(" ", "   ")), True),
    Case("no typ", with_header(typ=...), True),
    Case("unknown header member", with_header(note="harmless"), True),
    Case("audience list", with_claims(aud=["authenticated", "other"]), True),
    Case("no session", with_claims(session_id=...), True),
    Case("no is_anonymous", with_claims(is_anonymous=...), True),
    Case("second factor", with_claims(aal="aal2"), True),
    Case("unknown claims", with_claims(plan="pro", nested={"a": [1, 2]}), True),
    Case("user metadata claims anything", with_claims(user_metadata={"role": "admin"}), True),
    Case("expired within the leeway", shifted(iat=-HOUR, exp=-20), True),
    Case("issued within the leeway", shifted(iat=20), True),
    Case("not before, within the leeway", shifted(nbf=20), True),
    Case("times with fractions", shifted(iat=-0.5, exp=HOUR + 0.5), True),
    Case("lives a week", shifted(exp=7 * DAY), True),
]

NO_TOKEN = [
    Case("no header", lambda _: None),
    Case("empty header", lambda _: "", over_http=False),
    Case("scheme alone", lambda _: "Bearer"),
    Case("scheme and blank", lambda _: "Bearer ", over_http=False),
    Case("token without scheme", lambda project: project.token()),
    Case("basic", lambda _: "Basic dXNlcjpwYXNz"),
    Case("publishable key", lambda _: "Bearer sb_publishable_1a2b3c4d5e6f7g8h9i0j1k_lmnopqrs"),
    Case("secret key", lambda _: "Bearer sb_secret_1a2b3c4d5e6f7g8h9i0j1k_lmnopqrs"),
    Case("words", lambda _: "Bearer let me in"),
    Case("null", lambda _: "Bearer null"),
    Case("undefined", lambda _: "Bearer undefined"),
]

SPELLING = [
    Case("token scheme", changed(lambda h: h.replace("Bearer", "Token"))),
    Case("tab after scheme", changed(lambda h: h.replace(" ", "\t"))),
    Case("no-break space", changed(lambda h: h.replace(" ", "\u00a0")), over_http=False),
    Case("quoted", changed(lambda h: h.replace(" ", ' "') + '"')),
    Case("colon after scheme", changed(lambda h: h.replace(" ", ": "))),
    Case("trailing comma", changed(lambda h: h + ",")),
    Case("two headers joined", changed(lambda h: f"{h},{h}")),
    Case("two tokens", changed(lambda h: f"{h} {h.split()[1]}")),
    Case("trailing newline", changed(lambda h: h + "\n"), over_http=False),
    Case("leading blank", changed(lambda h: " " + h), over_http=False),
    Case("null byte", changed(lambda h: h + "\x00"), over_http=False),
    Case("two segments", segments(lambda s: s[:2])),
    Case("four segments", segments(lambda s: [*s, s[2]])),
    Case("five segments", segments(lambda s: [*s, s[1], s[2]])),
    Case("empty header segment", segments(lambda s: ["", *s[1:]])),
    Case("empty claims segment", segments(lambda s: [s[0], "", s[2]])),
    Case("empty signature", segments(lambda s: [s[0], s[1], ""])),
    Case("padded", segments(lambda s: [s[0] + "=", *s[1:]])),
    Case("base64 with plus", segments(lambda s: [s[0], s[1], "+" + s[2][1:]])),
    Case(
        "base64 of odd length", segments(lambda s: [s[0], s[1] + "A" * (5 - len(s[1]) % 4), s[2]])
    ),
    Case("escaped dot", changed(lambda h: h.replace(".", "%2e"))),
    Case("nine kilobytes", with_claims(note="x" * 9216)),
]

ALGORITHM = [
    *(
        Case(f"alg {alg!r} unsigned", unsigned(alg))
        for alg in ("none", "None", "NONE", "nOnE", "NoNe", "none ", "", "null")
    ),
    *(
        Case(f"alg {alg!r} with a signature", unsigned(alg, b"signature"))
        for alg in ("none", "NONE", None, 0, True, ["ES256"], {"alg": "ES256"})
    ),
    Case("no alg", with_header(alg=...)),
    *(
        Case(f"sound signature called {alg!r}", with_header(alg=alg))
        for alg in ("es256", "ES256 ", "ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA")
    ),
    Case("rsa called PS256", bearer(lambda p: p.token(key=p.rs256, header={"alg": "PS256"}))),
    Case("rsa called RS1", bearer(lambda p: p.token(key=p.rs256, header={"alg": "RS1"}))),
    Case("hs256 with the rsa key as PEM", confused(lambda p: p.rs256.pem)),
    Case("hs256 with the PEM stripped", confused(lambda p: p.rs256.pem.strip())),
    Case("hs256 with the PEM and CRLF", confused(lambda p: p.rs256.pem.replace(b"\n", b"\r\n"))),
    Case("hs256 with the PEM, no kid", confused(lambda p: p.rs256.pem, kid=...)),
    Case("hs256 with the rsa key as DER", confused(lambda p: p.rs256.der)),
    Case("hs256 with the JWK", confused(lambda p: json.dumps(p.rs256.jwk).encode())),
    Case("hs256 with the modulus", confused(lambda p: p.rs256.jwk["n"].encode())),
    Case("hs256 with the ec key as PEM", confused(lambda p: p.es256.pem, kid="es-1")),
    Case("hs384 with the PEM", confused(lambda p: p.rs256.pem, alg="HS384")),
    Case("hs256 with nothing", confused(lambda _: b"")),
    Case("hs256 with nothing, no kid", confused(lambda _: b"", kid=...)),
    Case("hs256 with a guess", confused(lambda _: b"secret", kid=...)),
]

KEYS = [
    Case("unknown kid", with_header(kid="es-9")),
    Case("no kid", with_header(kid=...)),
    *(
        Case(f"kid {kid!r}", with_header(kid=kid))
        for kid in ("", None, 1, ["es-1"], {"kid": "es-1"}, "ES-1", "es-1 ", "es-1\x00", "*")
    ),
    Case("kid of another key", with_header(kid="rs-1")),
    Case("kid is a path", with_header(kid="../../../../dev/null")),
    Case("kid is a URL", with_header(kid="https://evil.example/key")),
    Case("kid is SQL", with_header(kid="' UNION SELECT 'AA' -- ")),
    Case("kid is a command", with_header(kid="|id")),
    Case("embedded key", bearer(lambda p: _with_own_key(p, "jwk"))),
    Case("embedded key beside a known kid", with_header(jwk={"kty": "oct", "k": "AA"})),
    Case("jku", bearer(lambda p: _with_own_key(p, "jku"))),
    Case("jku of the project itself", with_header(jku="https://ref.supabase.co/auth/v1/jwks")),
    Case("x5u", with_header(x5u="https://evil.example/cert.pem")),
    Case("x5c", with_header(x5c=["MIIB"])),
    Case("x5t", with_header(x5t="AAAA")),
    Case("foreign key, known kid", bearer(lambda p: p.token(sign=_foreign("ES256", "").sign))),
    Case(
        "foreign rsa key, known kid",
        bearer(lambda p: p.token(key=p.rs256, sign=_foreign("RS256", "").sign)),
    ),
    Case(
        "foreign ed25519 key, known kid",
        bearer(lambda p: p.token(key=p.eddsa, sign=_foreign("EdDSA", "").sign)),
    ),
]

SIGNATURES = [
    Case("psychic: zeros", psychic(0, 0)),
    Case("psychic: r is zero", psychic(0, 1)),
    Case("psychic: s is zero", psychic(1, 0)),
    Case("psychic: the order", psychic(P256_ORDER, P256_ORDER)),
    Case("psychic: ones", psychic(1, 1)),
    Case("signature of 65 bytes", bearer(lambda p: p.token(sign=lambda d: p.es256.sign(d) + b"0"))),
    Case("signature of 63 bytes", bearer(lambda p: p.token(sign=lambda d: p.es256.sign(d)[:-1]))),
    Case("signature in DER", bearer(lambda p: p.token(sign=lambda d: _der_signature(p, d)))),
    Case("signature of the claims alone", bearer(lambda p: p.token(sign=_of_claims(p)))),
    Case("signature of another token", segments(lambda s: [s[0], s[1], s[2][::-1]])),
    Case("last bits of the signature", segments(lambda s: [s[0], s[1], _next_letter(s[2])])),
    Case("claims exchanged", bearer(lambda p: _exchanged(p, 1))),
    Case("header exchanged", bearer(lambda p: _exchanged(p, 0))),
    Case("rsa: zeros", bearer(lambda p: p.token(key=p.rs256, sign=lambda _: bytes(256)))),
    Case("rsa: one", bearer(lambda p: p.token(key=p.rs256, sign=lambda _: (1).to_bytes(256)))),
    Case("ed25519: zeros", bearer(lambda p: p.token(key=p.eddsa, sign=lambda _: bytes(64)))),
]

STRUCTURE = [
    Case("crit", with_header(crit=["exp"], exp=1)),
    Case("crit, empty", with_header(crit=[])),
    Case("b64 false", with_header(b64=False, crit=["b64"])),
    Case("b64 true", with_header(b64=True)),
    Case("zip", with_header(zip="DEF")),
    Case("enc", with_header(enc="A256GCM")),
    Case("typ of a logout token", with_header(typ="logout+jwt")),
    Case("typ is a list", with_header(typ=["JWT"])),
    Case("header is a list", raw_header(lambda _: b'["ES256"]')),
    Case("header is text", raw_header(lambda _: b'"ES256"')),
    Case("header is no JSON", raw_header(lambda _: b"{alg: ES256}")),
    Case("header is no UTF-8", raw_header(lambda _: b'{"alg":"ES256","kid":"es-1","x":"\xff"}')),
    Case("header begins with a BOM", raw_header(lambda p: b"\xef\xbb\xbf" + _plain_header(p))),
    Case("alg twice", raw_header(lambda _: b'{"alg":"none","alg":"ES256","kid":"es-1"}')),
    Case("kid twice", raw_header(lambda _: b'{"alg":"ES256","kid":"x","kid":"es-1"}')),
    Case("header nested deeply", raw_header(lambda _: b"[" * 5000 + b"]" * 5000)),
    Case("claims are a list", raw_claims(lambda c: json.dumps([c]).encode())),
    Case("claims hold NaN", raw_claims(lambda c: json.dumps(c | {"note": float("nan")}).encode())),
    Case("claims are null", raw_claims(lambda _: b"null")),
    Case("claims are no JSON", raw_claims(lambda _: b"sub=1")),
    Case("claims are no UTF-8", raw_claims(lambda c: json.dumps(c).encode("utf-16"))),
    Case("claims nested deeply", raw_claims(lambda _: b'{"a":' * 900 + b"1" + b"}" * 900)),
    Case("exp twice", raw_claims(lambda c: _twice(c, "exp", 1))),
    Case(
        "sub twice", raw_claims(lambda c: _twice(c, "sub", "00000000-0000-0000-0000-000000000000"))
    ),
    Case("role twice", raw_claims(lambda c: _twice(c, "role", "service_role"))),
    Case("a token within a token", bearer(lambda p: p.token(claims=p.token().encode()))),
]

TIMES = [
    Case("expired", shifted(iat=-2 * HOUR, exp=-HOUR)),
    Case("expired just beyond the leeway", shifted(iat=-HOUR, exp=-60)),
    Case("issued in the future", shifted(iat=HOUR, exp=2 * HOUR)),
    Case("issued just beyond the leeway", shifted(iat=60, exp=HOUR)),
    Case("issued in the future, valid before", shifted(iat=HOUR, exp=2 * HOUR, nbf=-HOUR)),
    Case("not before tomorrow", shifted(nbf=DAY)),
    Case("not before, just beyond the leeway", shifted(nbf=60)),
    Case("lives ten years", shifted(exp=3650 * DAY)),
    Case("lives eight days", shifted(exp=8 * DAY)),
    Case("exp beyond any float", with_claims(iat=1.5, exp=10**400)),
    Case("no exp", with_claims(exp=...)),
    Case("no iat", with_claims(iat=...)),
    *(
        Case(f"exp {value!r}", with_claims(exp=value))
        for value in (None, True, "", "9999999999", [], 1e300, -1, 0, 10**400, "tomorrow")
    ),
    *(Case(f"iat {value!r}", with_claims(iat=value)) for value in (None, True, "0", -1, {})),
    *(Case(f"nbf {value!r}", with_claims(nbf=value)) for value in (None, True, "0", [0])),
    *(
        Case(f"exp {name}", raw_claims(lambda c, name=name: _literal(c, "exp", name)))
        for name in ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000)
    ),
]

ISSUE = [
    Case("no iss", with_claims(iss=...)),
    Case("iss of another project", with_claims(iss="https://evil.supabase.co/auth/v1")),
    Case("iss with a slash", bearer(lambda p: _with_issuer(p, f"{p.url}/auth/v1/"))),
    Case("iss without its path", bearer(lambda p: _with_issuer(p, p.url))),
    Case("iss in capitals", bearer(lambda p: _with_issuer(p, f"{p.url}/auth/v1".upper()))),
    Case(
        "iss with more behind", bearer(lambda p: _with_issuer(p, f"{p.url}/auth/v1.evil.example"))
    ),
    Case("iss in a list", bearer(lambda p: _with_issuer(p, [f"{p.url}/auth/v1"]))),
    Case("iss supabase", with_claims(iss="supabase")),
    *(
        Case(f"aud {value!r}", with_claims(aud=value))
        for value in (
            *("", "anon", "service_role", "Authenticated", "authenticated ", "authenticated,x"),
            *(None, True, [], ["anon"], [["authenticated"]], ["authenticated", 1]),
            {"authenticated": True},
        )
    ),
    Case("no aud", with_claims(aud=...)),
    Case("aud of an OAuth client", with_claims(aud="3f1d9a52-6f0e-4d29-8f0b-1c7a2f0e9b11")),
    *(
        Case(f"role {value!r}", with_claims(role=value))
        for value in (
            *("", "anon", "service_role", "supabase_admin", "postgres", "admin"),
            *("Authenticated", "authenticated ", None, True, ["authenticated"]),
        )
    ),
    Case("no role", with_claims(role=...)),
    Case("id token", with_claims(aud="3f1d9a52-6f0e-4d29-8f0b-1c7a2f0e9b11", role=...)),
]

SUBJECT = [
    Case("no sub", with_claims(sub=...)),
    *(
        Case(f"sub {value!r}", with_claims(sub=value))
        for value in (
            *("", "1", 1, None, ["6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21"], "alice", "USER#1"),
            "6b3c0a2e41d74c399c1d0d5a3a6f7e21",
            "6B3C0A2E-41D7-4C39-9C1D-0D5A3A6F7E21",
            "{6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21}",
            "urn:uuid:6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21",
            "6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21\n",
            "6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21#JOB",
            "\u0666b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e2",
        )
    ),
    Case("session is no UUID", with_claims(session_id="mine")),
    Case("session is null", with_claims(session_id=None)),
    *(
        Case(f"is_anonymous {value!r}", with_claims(is_anonymous=value))
        for value in (1, "true", "false", None, [])
    ),
    *(Case(f"client_id {value!r}", with_claims(client_id=value)) for value in (1, "", [], True)),
]

CASES = SOUND + NO_TOKEN + SPELLING + ALGORITHM + KEYS + SIGNATURES + STRUCTURE + TIMES
CASES += ISSUE + SUBJECT

SECRET_CASES = [
    Case("signed with the secret", secret_claims(), True),
    Case("signed with the secret, expired", secret_claims(exp=1)),
    Case("signed with the secret, wrong role", secret_claims(role="service_role")),
    Case("signed with the secret, wrong iss", secret_claims(iss="supabase")),
    Case("signed with the secret, no sub", secret_claims(sub=...)),
    Case("anon key", api_key("anon")),
    Case("service key", api_key("service_role")),
    Case("api key called authenticated", api_key("authenticated")),
    Case("the secret's own kid", confused(lambda p: p.secret.encode(), kid="legacy"), True),
    Case("the secret under a public key's kid", confused(lambda p: p.secret.encode())),
    Case("the secret under a kid of no text", confused(lambda p: p.secret.encode(), kid=7)),
    Case("the secret as HS512", confused(lambda p: p.secret.encode(), alg="HS512", kid=...)),
    Case("the secret in another case", confused(lambda p: p.secret.upper().encode(), kid=...)),
]

ANONYMOUS_CASES = [Case("anonymous user", with_claims(is_anonymous=True), True)]
CLIENT_CASES = [
    Case("OAuth client", with_claims(client_id="3f1d9a52-6f0e-4d29-8f0b-1c7a2f0e9b11"), True)
]


def _plain_header(project: Project) -> bytes:
    return json.dumps({"alg": "ES256", "kid": project.es256.kid}).encode()


def _with_own_key(project: Project, member: str) -> str:
    own = _foreign("ES256", "own")
    value = own.jwk if member == "jwk" else "https://evil.example/jwks.json"
    return project.token(key=own, header={member: value})


def _der_signature(project: Project, data: bytes) -> bytes:
    raw = project.es256.sign(data)
    numbers = b"".join(b"\x02\x21\x00" + half for half in (raw[:32], raw[32:]))
    return b"\x30" + bytes([len(numbers)]) + numbers


def _of_claims(project: Project) -> Callable[[bytes], bytes]:
    return lambda data: project.es256.sign(data.split(b".")[1])


def _next_letter(segment: str) -> str:
    """The same bytes to a lenient decoder: the last letter of 86 has four bits to spare."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + letters[letters.index(segment[-1]) + 1]


def _exchanged(project: Project, index: int) -> str:
    parts = project.token().split(".")
    other = {"alg": "ES256", "kid": "es-1", "typ": "JWT", "x": 1}
    victim = project.claims(sub="00000000-0000-4000-8000-000000000000")
    parts[index] = encode_json(victim if index else other)
    return ".".join(parts)


def _twice(claims: dict[str, Any], name: str, first: object) -> bytes:
    return b"{" + json.dumps({name: first}).encode()[1:-1] + b"," + json.dumps(claims).encode()[1:]


def _literal(claims: dict[str, Any], name: str, text: str) -> bytes:
    return json.dumps(claims | {name: "@"}).replace('"@"', text).encode()


def _with_issuer(project: Project, issuer: object) -> str:
    return project.token(claims=project.claims(iss=issuer))
