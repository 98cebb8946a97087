"""Real mail servers on this computer that behave as the worst ones do."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class MailServer:
    """What has been accepted, and how to misbehave: set `refuse`, `at_data`, `at_quit` while it runs."""

    def __init__(self):
        self.accepted = []  # [(recipient, the message's bytes)]
        self.refuse = {}  # recipient -> answer to RCPT
        self.at_data = ""  # answer to DATA; "drop" hangs up, "hang" never answers
        self.at_quit = ""  # "drop"
        self.slow_by = 0  # seconds
        self.reached_data = threading.Event()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.reached_data.set()
        await asyncio.sleep(self.slow_by)
        if self.at_data == "hang":
            await asyncio.sleep(120)
        if self.at_data == "drop":
            server.transport.abort()
            return ""
        if self.at_data:
            return self.at_data
        self.accepted += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if self.at_quit == "drop":
            server.transport.abort()
        return "221 Bye"

    @contextmanager
    def running(self):
        class Plain(Controller):
            def factory(inner):
                return SMTP(inner.handler, hostname="localhost", ident="test")

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Plain(self, hostname="127.0.0.1", port=port, ready_timeout=20)
        controller.start()
        self.port = port
        try:
            yield self
        finally:
            controller.stop(no_assert=True)


@contextmanager
def dripping_server(every=0.3, total=6):
    """Greets with one byte at a time, each just before the client's socket gives up. Gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip():
        connection, _ = listener.accept()
        began = time.monotonic()
        with connection:
            try:
                while not stop.wait(every) and time.monotonic() - began < total:
                    connection.send(b"2")
            except OSError:
                pass  # the client has hung up, as it should

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.close()
