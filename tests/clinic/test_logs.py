"""What a log line may hold."""

import json
import logging
import smtplib

import pytest

from clinic.logs import JsonFormatter, PlainFormatter


def written(message, *args, **extra):
    record = logging.LogRecord("site", logging.WARNING, __file__, 1, message, args, extra.get("exc_info"))
    return PlainFormatter("%(message)s").format(record)


def test_the_secret_of_a_patients_page_is_left_out():
    said = written("Not Found: %s", "/request/status/apHstYN9ETlHRuF2vH4bF60E/appointment.ics")

    assert said == "Not Found: /request/status/…/appointment.ics"


def test_a_line_stays_a_line():
    assert written("Not Found: %s", "/x\r\n2026 ERROR forged") == "Not Found: /x\\r\\n2026 ERROR forged"


def test_an_error_is_told_without_what_it_quotes():
    try:
        raise ValueError("Pat Sample, 212-555-0142")
    except ValueError as error:
        said = written("It failed", exc_info=(type(error), error, error.__traceback__))

    assert "builtins.ValueError" in said
    assert "test_logs.py" in said
    assert "212-555-0142" not in said.replace('raise ValueError("Pat Sample, 212-555-0142")', "")


def test_an_error_of_the_machine_says_what_is_wrong():
    try:
        raise OSError("No space left on device")
    except OSError as error:
        assert "No space left on device" in written("It failed", exc_info=(type(error), error, error.__traceback__))


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"pat@example.org": (550, b"No such user")}),
        smtplib.SMTPSenderRefused(550, b"pat@example.org is not welcome", "clinic@example.org"),
        smtplib.SMTPDataError(554, b"Mail to pat@example.org refused"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_a_mail_server_is_told_without_the_addresses_that_it_quotes(error):
    said = written("It failed", exc_info=(type(error), error, None))

    assert isinstance(error, OSError) and "pat@" in str(error)
    assert said.endswith(f"smtplib.{type(error).__name__}")


def test_json_lines_say_the_same_and_no_more():
    try:
        raise ValueError("Pat Sample, 212-555-0142")
    except ValueError as error:
        facts = ("site", logging.ERROR, __file__, 1, "No: /request/sent/abc\n%s", ("x",))
        record = logging.LogRecord(*facts, (type(error), error, error.__traceback__))
    line = JsonFormatter().format(record)

    said = json.loads(line)
    assert "\n" not in line
    assert said["message"] == "No: /request/sent/…\\nx"
    assert (said["level"], said["logger"]) == ("ERROR", "site")
    assert said["trace"].startswith("Traceback (most recent call last)")
    assert said["trace"].endswith("builtins.ValueError")
