import logging
import ssl
import subprocess
from base64 import b64decode
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from shutil import which
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import IO, Any

import pytest
from hub_notify_email.mailer import Email
from msgspec import structs

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import an_odd_incident
from hub.testing.pages import a_notification

NOW = 1_795_424_400.5
PASSWORD = "pass-s3cret"
_MAX_LINE = 1_000


class MailServer:
    """An SMTP server that keeps to RFC 5321; ``refusals`` replace its answers to a command."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.messages: list[tuple[list[str], bytes]] = []
        self.refusals: dict[str, str] = {}
        self.commands: list[str] = []
        self.logins: list[bytes] = []
        self.mute = ""
        self.closing = Event()
        outer = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                try:
                    Conversation(outer, self).run()
                except OSError:
                    """The client has hung up, as it may."""

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.port: int = self._server.server_address[1]

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for _to, raw in self.messages]  # type: ignore[misc]


class Conversation:
    """One client's session; a method for each verb."""

    def __init__(self, server: MailServer, handler: StreamRequestHandler) -> None:
        self._server = server
        self._handler = handler
        self._source: IO[bytes] = handler.rfile
        self._sink: IO[bytes] = handler.wfile
        self._encrypted: ssl.SSLSocket | None = None
        self._to: list[str] = []

    def run(self) -> None:
        try:
            self._say(self._server.refusals.get("CONNECT", "220 mail.example ready"))
            while (line := self._source.readline(_MAX_LINE + 1)) and self._obey(line):
                pass
        finally:
            if self._encrypted is not None:
                self._sink.close()
                self._source.close()
                self._encrypted.close()

    def _obey(self, line: bytes) -> bool:
        text = line.decode("ascii").strip()
        verb = text.partition(" ")[0].upper()
        self._server.commands.append(verb)
        if verb == self._server.mute:
            self._server.closing.wait(60)
            return False
        if verb in self._server.refusals and verb != "RCPT":
            self._say(self._server.refusals[verb])
        else:
            getattr(self, f"_{verb.lower()}", self._unknown)(text)
        return verb != "QUIT"

    def _ehlo(self, _text: str) -> None:
        can_start = self._server.tls is not None and self._encrypted is None
        for each in ("mail.example", *(["STARTTLS"] if can_start else [])):
            self._say(f"250-{each}")
        self._say("250 AUTH PLAIN")

    def _starttls(self, text: str) -> None:
        if self._server.tls is None:
            return self._unknown(text)
        self._say("220 go on")
        wrapped = self._server.tls.wrap_socket(self._handler.request, server_side=True)
        self._source, self._sink = wrapped.makefile("rb"), wrapped.makefile("wb")
        self._encrypted = wrapped
        return None

    def _auth(self, text: str) -> None:
        self._server.logins.append(b64decode(text.split()[2]))
        self._say("235 welcome")

    def _mail(self, _text: str) -> None:
        self._to = []
        self._say("250 ok")

    def _rcpt(self, text: str) -> None:
        refusal = self._server.refusals.get("RCPT") if "nobody" in text else None
        if refusal is None:
            self._to.append(text)
        self._say(refusal or "250 ok")

    def _data(self, _text: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self._source.readline()) != b".\r\n":
            assert line.endswith(b"\r\n"), "a line ends with CR LF"
            assert len(line) <= _MAX_LINE, "a line is too long"
            assert line.isascii(), "8BITMIME was not offered"
            lines.append(line[1:] if line.startswith(b".") else line)
        self._server.messages.append((self._to, b"".join(lines)))
        if self._server.mute == "END":
            self._server.closing.wait(60)
            return
        self._say(self._server.refusals.get("END", "250 queued"))

    def _rset(self, _text: str) -> None:
        self._say("250 ok")

    def _quit(self, _text: str) -> None:
        self._say("221 bye")

    def _unknown(self, _text: str) -> None:
        self._say("502 unknown")

    def _say(self, line: str) -> None:
        self._sink.write(line.encode() + b"\r\n")
        self._sink.flush()


@pytest.fixture
def server() -> Iterator[MailServer]:
    mail = MailServer()
    yield mail
    mail.close()


def send(server: MailServer, told: Notification | None = None, **options: object) -> None:
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "sender": "Hub <hub@mail.example>",
        "to": ["fleet@mail.example"],
    }
    Email(clock=lambda: NOW).send(told or a_notification(), given | options)


class TestEmail(NotifierConformance):
    def notifier(self) -> Email:
        return Email()

    @pytest.fixture
    def options(self, server: MailServer) -> Mapping[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": server.port,
            "tls": "none",
            "sender": "hub@mail.example",
            "to": ["fleet@mail.example", "ops@mail.example"],
        }


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def test_a_mail_says_what_is_broken_why_and_whose_it_is(server: MailServer) -> None:
    send(server, to=["fleet@mail.example", "Ops <ops@mail.example>"])

    [mail] = server.mails
    assert len(server.messages[0][0]) == 2
    assert mail["Subject"].startswith("[NEW page for fleet-pager] SCHEMA_CONTRACT: repairs.load")
    assert mail["From"] == "Hub <hub@mail.example>"
    assert mail["Date"].startswith("Mon, 23 Nov 2026 09:00:00")
    for part in parts(mail):
        for words in ("bicycle_id is missing", "fleet-data (domain)", "hub explain INC-7"):
            assert words in part


def test_all_of_an_incident_is_one_thread(server: MailServer) -> None:
    for reason in ("triggered", "acknowledged", "resolved"):
        send(server, a_notification(reason=reason))

    assert len({mail["Message-ID"] for mail in server.mails}) == 3
    [thread] = {mail["References"] for mail in server.mails}
    assert {mail["In-Reply-To"] for mail in server.mails} == {thread}
    assert [mail["Importance"] for mail in server.mails] == ["high", "high", None]


def test_a_repeat_has_the_same_id_and_says_that_it_may_be_one(server: MailServer) -> None:
    send(server)
    send(server, a_notification(is_repeat=True))

    first, again = server.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert "may be a repeat" in again["Subject"]
    assert "may be a repeat" not in first["Subject"]


def test_machines_know_it_as_a_machines(server: MailServer) -> None:
    send(server)

    [mail] = server.mails
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<incidents.hub.mail.example>"


def test_what_a_producer_wrote_is_neither_header_nor_markup(server: MailServer) -> None:
    evil = "x\r\nBcc: all@mail.example\r\n\r\n<script>alert(1)</script> <a href='//evil'>"
    told = a_notification(an_odd_incident())
    send(server, structs.replace(told, summary=evil, body={**told.body, "evidence": evil}))

    [mail] = server.mails
    assert mail["Bcc"] is None
    assert len(server.messages[0][0]) == 1
    html = parts(mail)[1]
    assert "<script" not in html
    assert "<a " not in html


def test_links_of_the_page_are_in_both_parts(server: MailServer) -> None:
    link = "https://hub.example/act?a=1&b=2"
    told = a_notification()
    send(server, structs.replace(told, body={**told.body, "links": {"acknowledge": link}}))

    text, html = parts(server.mails[0])
    assert f"acknowledge: {link}" in text
    assert 'href="https://hub.example/act?a=1&amp;b=2"' in html


def test_a_login_is_made_where_one_is_given(server: MailServer) -> None:
    send(server, user="hub", password=PASSWORD)

    assert server.logins == [f"\0hub\0{PASSWORD}".encode()]


def test_whom_the_server_refuses_keeps_it_from_nobody_else(server: MailServer) -> None:
    server.refusals["RCPT"] = "550 no such user"
    send(server, to=["nobody@mail.example", "fleet@mail.example"])

    assert len(server.messages[0][0]) == 1


@pytest.mark.parametrize("command", ["CONNECT", "MAIL", "RCPT", "DATA", "END", "AUTH"])
@pytest.mark.parametrize(
    ("reply", "kind"), [("450 try later", Unreachable), ("550 never", InvalidInput)]
)
def test_a_refusal_is_of_a_moment_or_final_as_its_code_says(
    server: MailServer, command: str, reply: str, kind: type[HubError]
) -> None:
    server.refusals[command] = reply

    with pytest.raises(kind, match=reply) as raised:
        send(server, to=["nobody@mail.example"], user="hub", password=PASSWORD)
    assert raised.value.fix
    assert not getattr(raised.value, "may_have_arrived", False)


@pytest.mark.parametrize(("mute", "may_have_arrived"), [("EHLO", False), ("END", True)])
def test_a_server_that_falls_silent_is_waited_for_no_longer_than_said(
    server: MailServer, mute: str, may_have_arrived: bool
) -> None:
    server.mute = mute

    with pytest.raises(Unreachable, match="did not answer") as raised:
        send(server, timeout_seconds=0.3)
    assert raised.value.may_have_arrived is may_have_arrived


def test_a_server_that_says_no_goodbye_has_taken_it(server: MailServer) -> None:
    server.mute = "QUIT"
    send(server, timeout_seconds=0.3)

    assert len(server.messages) == 1


def test_without_the_starttls_that_was_asked_for_nothing_is_said(server: MailServer) -> None:
    with pytest.raises(InvalidInput, match="no STARTTLS"):
        send(server, tls="starttls", user="hub", password=PASSWORD)

    assert server.logins == []
    assert server.messages == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key."""
    openssl = which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    file = tmp_path / "mail.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ("-newkey", "rsa:2048", "-nodes", "-x509", "-days", "2", "-keyout", file, "-out", file)
    subprocess.run([openssl, "req", *made, *subject], check=True, capture_output=True)
    return file


def test_under_starttls_the_login_goes_after_it(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = MailServer(context)
    try:
        with pytest.raises(InvalidInput, match="certificate"):
            send(server, tls="starttls", user="hub", password=PASSWORD)
        assert server.logins == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send(server, tls="starttls", user="hub", password=PASSWORD)
    finally:
        server.close()

    assert server.commands.index("STARTTLS", 2) < server.commands.index("AUTH")
    assert len(server.messages) == 1


@pytest.mark.parametrize("reply", ["535 bad pass-s3cret", "454 bad pass-s3cret"])
def test_the_password_is_neither_logged_nor_told(
    server: MailServer, caplog: pytest.LogCaptureFixture, reply: str
) -> None:
    server.refusals["AUTH"] = reply
    with caplog.at_level(logging.DEBUG), pytest.raises(HubError) as raised:
        send(server, user="hub", password=PASSWORD)

    assert PASSWORD not in str(raised.value) + caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"host": "s3cret host"},
        {"sender": "s3cret"},
        {"sender": "a@b\r\nBcc: s3cret@x"},
        {"to": []},
        {"to": ["s3cret"]},
        {"to": ["s3cret@x"] * 51},
        {"to": "s3cret@x"},
        {"tls": "s3cret"},
        {"port": 70_000},
        {"user": "s3cret"},
        {"password": "s3cret"},
        {"user": "hub", "password": "s3cret"},
        {"timeout_seconds": 0},
        {"timeout_seconds": 60},
        {"cc": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(change: dict[str, Any]) -> None:
    options = {"host": "mail.example", "tls": "none", "sender": "hub@x", "to": ["a@x"]}

    with pytest.raises(InvalidInput) as raised:
        Email().send(a_notification(), options | change)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)
