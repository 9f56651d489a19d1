"""Private authorities, and a hub behind TLS that shows certificates of them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trustme

from sync.tls import TlsFiles


class Authority:
    """A certificate authority whose files lie in `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.ca = trustme.CA(organization_name=name)
        self.ca_file = folder / f"{name}-ca.pem"
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        self._folder = folder

    @property
    def trust(self) -> TlsFiles:
        """A site that trusts this authority, and shows no certificate."""
        return TlsFiles(self.ca_file)

    def site(self, trusting: Authority | None = None) -> TlsFiles:
        """A site with a certificate of this authority, which trusts `trusting`, else this one."""
        cert_file, key_file = self._folder / "site.pem", self._folder / "site.key"
        self.write_site(cert_file, key_file)
        return TlsFiles((trusting or self).ca_file, cert_file, key_file)

    def write_site(self, cert_file: Path, key_file: Path) -> None:
        """A new client certificate into these files."""
        issued = self.ca.issue_cert(common_name="WH1")
        issued.cert_chain_pems[0].write_to_path(str(cert_file))
        issued.private_key_pem.write_to_path(str(key_file))


def showing(issued: trustme.LeafCert, clients_of: Authority | None = None) -> ssl.SSLContext:
    """A server that shows `issued`, and wants a client certificate of `clients_of`, if there is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    if clients_of is not None:
        clients_of.ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@asynccontextmanager
async def tls_front(port: int, context: ssl.SSLContext) -> AsyncIterator[str]:
    """A TLS end in front of the server at `port`; the URL of it."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            from_hub, to_hub = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pump(reader, to_hub), _pump(from_hub, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@contextmanager
def strict_door(context: ssl.SSLContext) -> Iterator[str]:
    """A server that says why it refuses a handshake, which asyncio's does not; the URL of it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        with contextlib.suppress(OSError):
            plain, _ = listener.accept()
            plain.settimeout(10)
            with context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as secured:
                with contextlib.suppress(ssl.SSLError):
                    secured.do_handshake()
                with socket.socket(fileno=secured.detach()) as rest:
                    rest.shutdown(socket.SHUT_WR)
                    while rest.recv(65_536):
                        continue  # bytes left unread would reset the connection, and the reason would be lost

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}"
    finally:
        listener.close()
        serving.join()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()
