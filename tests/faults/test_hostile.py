"""Ten thousand hostile submissions to the running site: always an answer, soon, and no word of theirs where it must not be."""

import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email import message_from_bytes
from html import unescape
from html.parser import HTMLParser
from itertools import batched

import pytest
from django.db import connection

from appointments import emails
from appointments.models import AppointmentRequest, Delivery
from tests import factories
from tests.appointments.mail_server import MailServer
from tests.triage import pages

from . import canary, corpus, size
