"""A stranger's path, walked for real: an empty Debian, the release's archive, and docs/operator.md, typed word for word.

    python -m tests.stranger [--keep]       as root, on a Debian with debootstrap, iproute2 and the internet

What a bare root (a chroot with a network of its own) cannot do is done by hand in its place, and said: there is no systemd,
so that what a unit starts is started as the unit says; no certificate authority reaches it, so that certbot's place is
taken by one made here, after the challenge that it would look for was read at port 80, before nginx has the site's
configuration and after; and no mail server of the clinic's, so that one on this computer takes the mail.
"""

import argparse
import base64
import hmac
import http.client
import re
import shlex
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parent.parent
NAME = "clinic.example.org"
NETWORK = "clinic-stranger"
MAIL_PORT = 2525
MINUTES = 15
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
PASSWORD = "seven lanterns near harbor"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.S | re.M)
ANSWERS = {
    "SITE_URL": f"https://{NAME}",
    "DATABASE_URL": "postgres:///clinic",
    "EMAIL_URL": f"smtp://127.0.0.1:{MAIL_PORT}",
    "DEFAULT_FROM_EMAIL": "clinic@example.org",
    "CLINIC_NAME": "Elm Street Clinic",
    "CLINIC_PHONE": "+1 212-555-0143",
    "SETUP_HOURS": "Mon-Sun 0:00-23:59",
    "SETUP_SERVICES": "A question before you decide",
    "SETUP_RECIPIENTS": "desk@example.org",
    "SETUP_MANAGER": "robin",
    "SETUP_MANAGER_PASSWORD": PASSWORD,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="an untouched root that debootstrap made; made when left out")
    parser.add_argument("--keep", action="store_true", help="leave the root, to look around")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="clinic-stranger-", dir="/var/tmp"))
        if not options.keep:
            stack.callback(remove, folder)
        root = BareRoot(folder / "root", stack)
        root.make(options.base)
        pack_release(root.path / "root/clinic.tar.gz")
        began = time.monotonic()
        walk(root)
        took = time.monotonic() - began
        print(f"\nFrom an empty Debian to a request that staff see: {took / 60:.1f} minutes, without the typing.")
        if took > MINUTES * 60:
            sys.exit(f"That is more than {MINUTES} minutes.")


def remove(folder):
    """Never with something still mounted below it: what is removed there would be this computer's own."""
    mounted = mounts_below(folder)
    for place in reversed(mounted):
        subprocess.run(["umount", place])
    if mounts_below(folder):
        raise SystemExit(f"Still mounted, so that nothing is removed: {', '.join(mounts_below(folder))}")
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def mounts_below(folder):
    places = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return [place for place in places if Path(place).is_relative_to(folder)]


def walk(root):
    """Every block of the page's first part, then a patient and a manager at their browsers."""
    page = (ROOT / "docs/operator.md").read_text()
    path = page[page.index("## From nothing") : page.index("### Without being asked")]
    for number, block in enumerate(BLOCK.findall(path), start=1):
        said = root.run(as_far_as_possible(root, block))
        print(f"--- block {number}: {time.strftime('%H:%M:%S')}\n{said[-600:]}", flush=True)
        if "apt-get install" in block:
            shutil.copy(AUTHORITIES, root.path / AUTHORITIES[1:])  # those that this computer trusts, for pip
            root.stand_in("as after an installation: both run", "service postgresql start; service nginx start")
    answer_the_challenge(root)  # as at each renewal
    reference = be_a_patient(root)
    be_the_manager(root, reference)


# What a bare root has no systemd, no authority and no terminal for ----------------------------------------------------------


def as_far_as_possible(root, block):
    """The block, with those lines replaced that need what is not there."""
    lines = []
    for line in block.splitlines():
        if line.startswith("systemctl enable --now"):
            units = line.split("--now", 1)[1].split()
            lines += [started_by_hand(root, unit) for unit in units if not unit.endswith(".target")]
        elif found := re.fullmatch(r"systemctl (\w+) nginx", line):
            lines.append(f"service nginx {found[1]}")
        elif line.startswith("systemctl"):
            lines.append("true")
        elif line.startswith("certbot"):
            ask_for_a_certificate(root, line)
        elif line.endswith("manage.py setup"):
            facts = " ".join(f"{name}={shlex.quote(value)}" for name, value in ANSWERS.items())
            lines.append(line.replace("-- ", f"-- env {facts} ") + " --no-input")
        elif line.endswith("manage.py doctor"):
            # 1 is a warning, that there are no backups yet; 2 a fault, until the worker has spoken.
            look = f"set +e; {line}; said=$?; set -e"
            lines.append(
                f"{look}; for try in $(seq 30); do [ $said -le 1 ] && break; sleep 2; {look}; done; [ $said -le 1 ]"
            )
        else:
            lines.append(line)
    return "\n".join(lines)


def started_by_hand(root, unit):
    """What systemd would run, as the unit says: its user, its folder, its environment."""
    name, _, port = unit.partition("@")
    file = root.path / f"etc/systemd/system/{name}{'@' if port else ''}.service"
    text = (file if file.exists() else ROOT / "deploy/systemd" / file.name).read_text().replace("%i", port)
    facts = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"\w+=", line))
    return (
        f"cd {facts['WorkingDirectory']} && (umask {facts['UMask']}; setsid runuser -u {facts['User']} -- "
        f"env {facts['Environment']} {facts['ExecStart']} > /var/log/{unit}.log 2>&1 < /dev/null &)"
    )


def ask_for_a_certificate(root, line):
    """certbot is started with its line, to see that it takes it, and finds no authority."""
    hook = root.path / "usr/local/sbin/systemctl"
    hook.write_text('#!/bin/sh\nservice "$2" "$1"\n')
    hook.chmod(0o755)
    said = root.run(f"{line} 2>&1 || true")
    if "usage:" in said or "acme-v02.api.letsencrypt.org" not in said:
        raise SystemExit(f"certbot does not take this line:\n{line}\n{said}")
    answer_the_challenge(root)
    folder = root.path / f"etc/letsencrypt/live/{NAME}"
    make_certificate(folder)
    with (root.path / AUTHORITIES[1:]).open("a") as trusted:
        trusted.write((folder / "ca.pem").read_text())


def answer_the_challenge(root):
    """What an authority asks for: the file that certbot has put there, at port 80."""
    file = root.path / "var/www/html/.well-known/acme-challenge/a-token"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("its answer")

    def look():
        server = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
        server.request("GET", "/.well-known/acme-challenge/a-token", headers={"Host": NAME})
        return server.getresponse().read().decode()

    if (said := in_its_network(root, look)) != "its answer":
        raise SystemExit(f"The challenge is not answered at port 80: {said[:300]}")


def make_certificate(folder):
    """An authority of this test's own signs the site's name."""
    folder.mkdir(parents=True)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority for this test")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    for _name, who, key, is_authority in (("ca", issuer, authority, True), ("own", subject, own, False)):
        certificate = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=90))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(authority, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (folder / ("ca.pem" if is_authority else "fullchain.pem")).write_bytes(pem)
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key)


def pack_release(target):
    """What a release holds: what is committed."""
    with target.open("wb") as file:
        subprocess.run(
            ["git", "archive", "--format=tar.gz", "--prefix=clinic/", "HEAD"], cwd=ROOT, stdout=file, check=True
        )


class BareRoot:
    """An empty Debian with a network that holds nothing but itself; who must fetch something uses this computer's."""

    def __init__(self, path, stack):
        self.path, self.stack = path, stack

    def make(self, base):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if base:
            subprocess.run(["cp", "-a", base, self.path], check=True)
        else:
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", self.path], check=True)
        # Never this computer's own /dev: debootstrap has made the few devices that are needed.
        subprocess.run(["mount", "-t", "proc", "proc", self.path / "proc"], check=True)
        self.stack.callback(subprocess.run, ["umount", "-l", self.path / "proc"])
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        (self.path / "etc/hosts").write_text(f"127.0.0.1 localhost {NAME}\n")  # the name leads to this server
        (self.path / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # nothing starts while it installs
        (self.path / "usr/sbin/policy-rc.d").chmod(0o755)
        subprocess.run(["ip", "netns", "add", NETWORK], check=True)
        self.stack.callback(subprocess.run, ["ip", "netns", "delete", NETWORK])
        self.stack.callback(self.end_all)
        self.inside(["ip", "link", "set", "lo", "up"])
        self.start_mail_server()

    def inside(self, command, **more):
        return subprocess.run(["ip", "netns", "exec", NETWORK, *map(str, command)], check=True, **more)

    def run(self, commands):
        """In the root; on this computer's network where something is fetched."""
        fetches = "apt-get" in commands or "pip install" in commands
        where = [] if fetches else ["ip", "netns", "exec", NETWORK]
        shell = [
            "chroot",
            str(self.path),
            "/usr/bin/env",
            "-i",
            "HOME=/root",
            "LANG=C.UTF-8",
            "DEBIAN_FRONTEND=noninteractive",
        ]
        shell += [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "/bin/bash",
            "-euo",
            "pipefail",
            "-c",
        ]
        done = subprocess.run([*where, *shell, commands], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"This failed:\n{commands}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout + done.stderr

    def stand_in(self, what, commands):
        print(f"    ({what}: {commands})", flush=True)
        self.run(commands)

    def start_mail_server(self):
        command = [
            "ip",
            "netns",
            "exec",
            NETWORK,
            sys.executable,
            "-m",
            "aiosmtpd",
            "-n",
            "-l",
            f"127.0.0.1:{MAIL_PORT}",
        ]
        with (self.path.parent / "mail").open("w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
        self.stack.callback(server.wait)
        self.stack.callback(server.terminate)

    def mail(self):
        return (self.path.parent / "mail").read_text()

    def end_all(self):
        found = subprocess.run(["ip", "netns", "pids", NETWORK], capture_output=True, text=True).stdout.split()
        for pid in found:
            subprocess.run(["kill", "-9", pid])
        time.sleep(0.5)


# A patient and a manager ------------------------------------------------------------------------------------------------------


class Form(HTMLParser):
    """The fields of a page's forms with what stands in them, and what there is to choose from."""

    def __init__(self, page):
        super().__init__()
        self.fields, self.choices = {}, defaultdict(list)
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "input" and facts.get("type") == "hidden" and facts.get("name"):
            self.fields.setdefault(facts["name"], facts.get("value") or "")
        if tag == "input" and facts.get("type") == "radio":
            self.choices[facts["name"]].append(facts["value"])


class Browser:
    """Over the proxy, with its certificate checked. Speaks from within the root's network."""

    def __init__(self, root):
        self.trusted = ssl.create_default_context(cafile=root.path / f"etc/letsencrypt/live/{NAME}/ca.pem")
        self.cookies = {}

    def ask(self, method, path, fields=None):
        server = http.client.HTTPSConnection(NAME, context=self.trusted, timeout=60)
        line = socket.create_connection(("127.0.0.1", 443), timeout=60)
        server.sock = self.trusted.wrap_socket(line, server_hostname=NAME)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{NAME}"}
            headers["Referer"] = f"https://{NAME}{path}"
        server.request(method, path, body, headers)
        answer = server.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        text = answer.read().decode()
        server.close()
        if answer.status in (301, 302, 303):
            return self.ask("GET", answer.headers["Location"].removeprefix(f"https://{NAME}"))
        return answer.status, path, text


def in_its_network(root, work):
    """Do `work` from within the root's network: a network namespace belongs to a thread's process, so in a fork."""
    import ctypes
    import os
    import pickle

    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            with open(f"/var/run/netns/{NETWORK}") as place:  # noqa: PTH123
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), 0):
                    raise OSError(ctypes.get_errno(), "setns")
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
            code = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    if os.waitpid(pid, 0)[1]:
        raise SystemExit("The site did not do what was asked: see above.")
    return pickle.loads(text)


def went_to_https():
    server = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    server.request("GET", "/request/", headers={"Host": NAME})
    return server.getresponse().headers["Location"] == f"https://{NAME}/request/"


def be_a_patient(root):
    def send():
        browser = Browser(root)
        for _ in range(60):
            with_luck = browser.ask("GET", "/request/")
            if with_luck[0] == 200:
                break
            time.sleep(1)
        assert went_to_https(), "who types no https is not sent there"
        styles = re.search(r'href="(/static/css/[^"]+\.css)"', with_luck[2])[1]
        assert browser.ask("GET", styles)[0] == 200, "the proxy cannot read the static files"
        form = Form(with_luck[2])
        answers = {
            **form.fields,
            "service": form.choices["service"][0],
            "patient_type": "new",
            "for_whom": "self",
            "name": "Pat Sample",
            "phone": "+1 212-555-0177",
            "best_time_to_call": "any",
            "preferred_time": "any",
            "message": "I would like to ask before I decide.",
            "consent": "on",
        }
        time.sleep(4)  # who sends a form sooner is no person
        for _ in range(4):
            status, path, text = browser.ask("POST", "/request/", answers)
            if path.startswith("/request/sent/"):
                return "".join(re.search(r'<dd class="reference"><bdi[^>]*>(\w+) (\w+)<', text).groups())
            answers |= Form(text).fields
        main = re.search(r"<main.*</main>", text, re.S)
        said = re.sub(r"(<[^>]*>|\s)+", " ", main[0] if main else text)
        raise AssertionError(f"no receipt: {status} {said}")

    reference = in_its_network(root, send)
    print(f"A patient holds the receipt {reference}.", flush=True)
    for _ in range(120):
        if reference in root.mail().replace(" ", ""):
            return reference
        time.sleep(0.5)
    raise SystemExit(f"Staff were not written to: {root.mail()}")


def code_of_the_app(key):
    """RFC 6238, as any app reckons it."""
    moment = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(key), moment, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def be_the_manager(root, reference):
    def look():
        browser = Browser(root)
        _, _, page = browser.ask("GET", "/admin/login/")
        fields = Form(page).fields
        _, path, page = browser.ask("POST", "/admin/login/", fields | {"login": "robin", "password": PASSWORD})
        _, path, page = browser.ask("GET", "/admin/account/app/")
        key = re.search(r"\b([A-Z2-7]{32})\b", page.replace(" ", ""))
        if not key:
            raise AssertionError(f"no key on {path}: {page[-2000:]}")
        code = code_of_the_app(key[1])
        _, path, page = browser.ask("POST", "/admin/account/app/", Form(page).fields | {"code": code})
        status, path, page = browser.ask("GET", "/admin/")
        listed = browser.ask("GET", "/admin/appointments/appointmentrequest/")[2]
        return status, path, "Pat Sample" in page or reference in page or "Pat Sample" in listed

    status, path, seen = in_its_network(root, look)
    if not seen:
        raise SystemExit(f"The manager does not see the request: {status} {path}")
    print("The manager signed in with the app and sees the request.", flush=True)


if __name__ == "__main__":
    main()
