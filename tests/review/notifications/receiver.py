"""The smallest mail server: it takes what is handed over, or refuses it, on a socket of its own."""

import asyncio
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Receiver:
    """What was handed over. `refuses`: every mail is answered with this line instead."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.refuses = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from the greeting to QUIT."""
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                told = message_from_bytes(content[:-3], policy=policy.default)
                assert isinstance(told, EmailMessage)
                self.mails.append(told)
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(self._answer(verb, line))
        writer.close()

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-test\r\n250 AUTH PLAIN\r\n"
        if verb == b"AUTH":
            _, user, password = b64decode(line.split()[2]).decode().split("\0")
            self.logins.append((user, password))
            return b"235 welcome\r\n" if password == "right" else b"535 no such login\r\n"
        if verb == b"RCPT":
            if self.refuses:
                return f"{self.refuses}\r\n".encode()
            self.recipients.append(line.decode().partition("<")[2].partition(">")[0])
        return b"250 fine\r\n"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens on this machine until the block ends."""
    told, loop, ready = Receiver(), asyncio.new_event_loop(), threading.Event()

    async def listen() -> asyncio.Server:
        server = await asyncio.start_server(told.talk, "127.0.0.1", 0)
        told.port = server.sockets[0].getsockname()[1]
        ready.set()
        return server

    def run() -> None:
        server = loop.run_until_complete(listen())
        loop.run_forever()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield told
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
