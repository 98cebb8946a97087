"""A real HTTP server on this computer, in the practice system's place, that behaves as the worst ones do."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PracticeSystem:
    """What has come, and how to misbehave: set its attributes while it runs."""

    def __init__(self):
        self.events = []  # [(headers, the body's bytes)]
        self.answer = 204  # "hang" never answers, "drop" hangs up, "nonsense" speaks no HTTP, "drip" a byte at a time
        self.location = ""
        self.arrived = threading.Event()

    @contextmanager
    def running(self, tls=None):
        system, stop = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                system.events.append((dict(self.headers.items()), self.rfile.read(length)))
                system.arrived.set()
                self.close_connection = True
                if system.answer == "hang":
                    stop.wait(60)
                elif system.answer == "nonsense":
                    self.wfile.write(b"220 mail.example.org ready\r\n")
                elif system.answer == "drip":
                    self.drip()
                elif system.answer != "drop":
                    self.send_response(system.answer)
                    if system.location:
                        self.send_header("Location", system.location)
                    self.end_headers()

            def drip(self):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                began = time.monotonic()
                while not stop.wait(0.3) and time.monotonic() - began < 6:
                    self.wfile.write(b"x")

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # the client has hung up, as it should

        server = Server(("127.0.0.1", 0), Handler)
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/events?from=site"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            stop.set()
            server.shutdown()
            server.server_close()
