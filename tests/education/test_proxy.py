"""The nginx configuration that ships, in a real nginx in front of a real web server."""

import http.client
import shutil
import socketserver
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from clinic import away
from tests.appointments.mail_server import free_port
from tests.factories import a_clinic, a_published_guide, a_service
from tests.faults.processes import until, web_server
from tests.proxy import a_proxy, find_nginx

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not find_nginx(), reason="NO NGINX: deploy/nginx.conf was not tried"),
]
GUIDE = "/guides/back-pain/"
# It says that it hangs up: nginx would send the next one over the same line, and find neither server well.
WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def guide(transactional_db):
    a_clinic()
    a_service()
    return a_published_guide("Back pain")


@pytest.fixture
def proxy(guide, tmp_path):
    with ExitStack() as stack:
        site, port = free_port(), free_port()
        facts = {"PORT": port, "SITE_URL": "", "TRUSTED_PROXIES": 1}
        server = stack.enter_context(web_server(site, folder=tmp_path, **facts))
        proxy = stack.enter_context(a_proxy(port=port, site_port=site, data=tmp_path))
        proxy.site = server
        until(lambda: ask(proxy, "/")[0] == 200, within=60)
        yield proxy


def ask(proxy, address, method="GET", body=None, **headers):
    """(status, headers, text)"""
    line = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
    try:
        line.request(method, address, body, headers)
        response = line.getresponse()
        return response.status, response.headers, response.read()
    finally:
        line.close()


def kept(proxy, address, **headers):
    return ask(proxy, address, **headers)[1].get("X-Kept", "")


def test_a_guide_is_kept_once_for_each_coding_with_all_its_headers(proxy):
    first = ask(proxy, GUIDE)
    again = ask(proxy, GUIDE)

    assert (first[1]["X-Kept"], again[1]["X-Kept"]) == ("MISS", "HIT")
    own = {"X-Kept", "Date", "Connection"}
    assert {n: v for n, v in first[1].items() if n not in own} == {n: v for n, v in again[1].items() if n not in own}
    assert "Content-Security-Policy" in again[1] and "Set-Cookie" not in again[1]
    assert first[2] == again[2]
    assert kept(proxy, GUIDE, **{"Accept-Encoding": "gzip, deflate, br, zstd"}) == "MISS"
    assert kept(proxy, GUIDE, **{"Accept-Encoding": "br;q=1.0, gzip"}) == "HIT"
    assert ask(proxy, GUIDE, **{"If-None-Match": again[1]["ETag"]})[0] == 304
    assert ask(proxy, GUIDE, "HEAD")[1]["X-Kept"] == "HIT"


def test_a_browser_asks_each_time_so_that_its_own_time_does_not_come_on_top_of_the_proxys(proxy):
    headers = ask(proxy, GUIDE)[1]
    says = {part.strip() for part in headers["Cache-Control"].split(",")}

    assert {"max-age=0", "must-revalidate", "s-maxage=50"} <= says
    asked = ask(proxy, GUIDE, **{"If-None-Match": headers["ETag"], "Cache-Control": "max-age=0"})
    assert (asked[0], asked[1]["X-Kept"], asked[2]) == (304, "HIT", b"")  # and that costs neither site nor reader much


def test_a_date_alone_gets_the_whole_page(proxy):
    date = ask(proxy, GUIDE)[1]["Last-Modified"]

    assert ask(proxy, GUIDE, **{"If-Modified-Since": date})[0] == 200


@pytest.mark.parametrize(
    "address", ["/", "/request/", "/guides/search/?q=back", "/admin/login/", "/guides/none/", "/privacy/"]
)
def test_what_is_no_published_guide_is_never_kept(proxy, address):
    for _ in range(2):
        status, headers, _ = ask(proxy, address)
        assert status < 500
        assert headers.get("X-Kept", "MISS") == "MISS"
    assert b"".join(path.read_bytes() for path in (proxy.folder / "cache").rglob("*") if path.is_file()) == b""


def test_a_query_and_a_member_of_staff_go_to_the_site_itself(proxy):
    ask(proxy, GUIDE)

    assert kept(proxy, f"{GUIDE}?x=1") == "BYPASS"
    assert kept(proxy, GUIDE, Cookie="session=abc") == "BYPASS"
    assert kept(proxy, GUIDE, Cookie="csrf=abc") == "HIT"


def test_guides_are_read_on_while_the_site_is_away(proxy):
    page = ask(proxy, GUIDE)[2]
    proxy.site.kill()
    proxy.site.wait()

    assert ask(proxy, GUIDE)[2] == page
    assert ask(proxy, "/request/")[0] == 503


@pytest.mark.parametrize(
    ("address", "status"),
    [("/request/", 200), ("/es/request/", 200), ("/request/status/a-secret/withdraw/", 503), ("/admin/login/", 503)],
)
def test_what_a_site_died_over_goes_to_another_one_where_it_is_stored_once_alone(tmp_path, address, status):
    with one_answer(b"") as dies, one_answer(WELL) as lives:
        servers = [f"127.0.0.1:{port}" for port in (dies, lives)]
        with a_proxy(port=free_port(), site_port=dies, data=tmp_path, servers=servers) as proxy:
            assert {ask(proxy, "/request/")[0] for _ in range(4)} == {200}, "who only reads is sent on in any case"
            assert max(ask(proxy, address, "POST", b"name=Robin")[0] for _ in range(4)) == status


@contextmanager
def one_answer(answer):
    """A server that reads what comes and says this, or hangs up if it is nothing; gives its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65_536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_while_no_process_answers_patients_read_the_phone_number(guide, tmp_path, settings):
    """In each language: nobody is left who could ask which one."""
    away.write()
    shutil.copy(away.FILE, tmp_path)
    with a_proxy(port=(port := free_port()), site_port=free_port(), data=tmp_path, answers_itself=True) as proxy:
        for method, address in (("GET", "/request/"), ("POST", "/request/"), ("GET", "/es/"), ("GET", "/static")):
            status, headers, body = ask(proxy, address, method, b"name=x" if method == "POST" else None)

            assert (status, headers["Content-Type"], headers["Cache-Control"]) == (503, "text/html", "no-store"), port
            page = body.decode()
            for words in ("We cannot answer just now", "Ahora mismo no podemos responder", "لا نستطيع الرد الآن"):
                assert words in page
            assert page.count("(212) 555-0142") == 3
        assert ask(proxy, "/away.html")[0] == 404, "it is no page of its own"


def test_what_the_site_itself_says_of_trouble_is_handed_on(proxy, tmp_path):
    (tmp_path / "away.html").write_text("away")

    assert b"away" not in ask(proxy, "/request/status/no-such-secret-at-all-here/")[2]


def test_the_log_has_no_question_and_no_secret(proxy):
    ask(proxy, "/guides/search/?q=quagga")
    ask(proxy, "/request/status/a-secret-of-somebody/")
    ask(proxy, "/request/?guide=quagga")

    ask(proxy, "/drafts/a-secret-of-a-reviewer/")
    ask(proxy, "/es/request/sent/a-secret-of-somebody/")

    log = until_written(proxy.folder / "access.log", lines=5)

    assert "/guides/search/" in log and "/request/status/..." in log
    assert "/drafts/..." in log and "/es/request/sent/..." in log
    assert "quagga" not in log and "a-secret" not in log
    assert log.count("127.0.0.0 [") == log.count("\n") and "127.0.0.1" not in log
    errors = proxy.folder / "error.log"
    assert "quagga" not in errors.read_text() if errors.exists() else True


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:7:aaaa:bbbb:cccc:dddd:eeee", "2001:db8:7::"),
        ("2001:db8:7::eeee", "2001:db8:7::"),
        ("2001:db8::eeee", "2001:db8::"),
        ("2001::a:b:c", "2001::"),
        ("::1", "-"),
        ("::ffff:203.0.113.77", "-"),
    ],
)
def test_the_log_has_a_readers_network_and_not_their_address(tmp_path, address, written):
    told = "set_real_ip_from 127.0.0.1; real_ip_header X-From;"
    with ExitStack() as stack:
        site = stack.enter_context(one_answer(WELL))
        proxy = stack.enter_context(a_proxy(port=free_port(), site_port=site, data=tmp_path, more=told))
        ask(proxy, GUIDE, **{"X-From": address})
        line = until_line(proxy.folder / "access.log", GUIDE)

    assert line.split(" [")[0] == written


def until_line(path, words):
    until(lambda: path.exists() and words in path.read_text())
    return next(line for line in path.read_text().splitlines() if words in line)


def until_written(path, lines):
    until(lambda: path.exists() and path.read_text().count("\n") >= lines)
    return path.read_text()


def test_pictures_and_static_files_are_served_and_nothing_beside_them(proxy, tmp_path):
    (tmp_path / "static" / "css").mkdir(parents=True, exist_ok=True)
    (tmp_path / "static" / "css" / "a.css").write_text("a{}")
    (tmp_path / "media" / "pictures" / "0a").mkdir(parents=True, exist_ok=True)
    (tmp_path / "media" / "pictures" / "0a" / "480.avif").write_bytes(b"picture")
    (tmp_path / "media" / "secret.txt").write_text("secret")

    assert ask(proxy, "/static/css/a.css")[2] == b"a{}"
    status, headers, body = ask(proxy, "/media/pictures/0a/480.avif")
    assert (status, body, headers["Content-Type"]) == (200, b"picture", "image/avif")
    assert "immutable" in headers["Cache-Control"] and headers["X-Content-Type-Options"] == "nosniff"
    for address in (
        "/media/secret.txt",
        "/media/pictures/../secret.txt",
        "/static/../secret_key",
        "/static../secret_key",
    ):
        assert ask(proxy, address)[0] in (400, 404), address


def test_what_is_too_large_is_refused_before_the_site_sees_it(proxy):
    status, _, _ = ask(proxy, "/request/", "POST", b"x", **{"Content-Length": str(20 * 1024 * 1024)})

    assert status == 413
    assert ask(proxy, "/guides/search/?q=" + "a" * 20_000)[0] == 414


@pytest.mark.drill
def test_what_is_published_or_withdrawn_is_seen_within_a_minute(proxy, guide):
    ask(proxy, GUIDE)
    guide.sections.update(body="<p>Other words.</p>")
    guide.publish(by=None)
    took = [until(lambda: b"Other words." in ask(proxy, GUIDE)[2], within=90, every=0.5)]
    guide.withdraw(by=None)
    took.append(until(lambda: ask(proxy, GUIDE)[0] == 404, within=90, every=0.5))

    assert max(took) < 60, took
    assert max(took) > 20, "the proxy kept nothing"


def test_the_file_names_no_place_of_its_own():
    text = (Path(settings.BASE_DIR) / "deploy" / "nginx.conf").read_text()

    assert time.time() and "<data folder>" in text
    assert "proxy_cache_use_stale updating" not in text  # a page that is older than a minute would go out
