"""Secure sites are asked over HTTP/2: many requests, one connection."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from docgen.fetch import Fetcher
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from h2.settings import SettingCodes, Settings

from tests.support.crawling import HASTY

ADDRESS = "127.0.0.1"
ANSWER_SECONDS = 0.1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ADDRESS)])
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(subject, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


class Server:
    """Answers every request after a while, with its own path."""

    def __init__(self, certificate: Path, *, most_at_once: int) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        self.most_at_once = most_at_once
        self.connections = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = H2Connection(H2Configuration(client_side=False))
        limit = {SettingCodes.MAX_CONCURRENT_STREAMS: self.most_at_once}
        connection.local_settings = Settings(client=False, initial_values=limit)
        connection.initiate_connection()

        def answer(stream: int, path: str) -> None:
            connection.send_headers(stream, [(":status", "200"), ("content-type", "text/html")])
            connection.send_data(stream, path.encode(), end_stream=True)
            writer.write(connection.data_to_send())

        while not writer.is_closing():
            writer.write(connection.data_to_send())
            for event in connection.receive_data(received := await reader.read(65_536)):
                if isinstance(event, RequestReceived):
                    path = dict(event.headers or [])[b":path"].decode()
                    later = asyncio.get_running_loop().call_later
                    later(ANSWER_SECONDS, answer, event.stream_id, path)
            if not received:
                writer.close()


def ask(server: Server, certificate: Path, work: Callable[[Fetcher, str], Awaitable[None]]) -> None:
    async def act() -> None:
        listening = await asyncio.start_server(server.connected, ADDRESS, ssl=server.context)
        url = f"https://{ADDRESS}:{listening.sockets[0].getsockname()[1]}"
        trusted = ssl.create_default_context(cafile=certificate)
        async with listening, Fetcher(HASTY, lambda _: True, ssl_context=trusted) as fetcher:
            await work(fetcher, url)

    asyncio.run(act())


@pytest.mark.parametrize("most_at_once", [100, 3])
def test_ten_requests_share_a_connection_as_the_server_allows(
    certificate: Path, most_at_once: int
) -> None:
    server = Server(certificate, most_at_once=most_at_once)

    async def work(fetcher: Fetcher, url: str) -> None:
        await fetcher.get(f"{url}/first", most_bytes=1000)
        paths = [f"/page/{number}" for number in range(10)]
        answers = await asyncio.gather(
            *(fetcher.get(f"{url}{path}", most_bytes=1000) for path in paths)
        )
        assert [answer.body.decode() for answer in answers] == paths

    ask(server, certificate, work)
    assert server.connections == 1
