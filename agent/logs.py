"""The agent's log: for people or as JSON lines, and without any secret.

Nobody here logs a secret on purpose. As libraries may log what they are given, every line is searched for the secrets
that were read.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from urllib.parse import quote, unquote, urlsplit

_HIDDEN = "***"
_SHORTEST = 4  # a shorter one would hide half of every line, and is no secret
_SHORTEST_PART = 8  # of a URL: a shorter one is a word of the address
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^\s/@'\"]+(?=@)")
_secrets: set[str] = set()


def keep_secret(text: str) -> str:
    """It must not stand in any line from now on, as it is or as it is quoted; the text itself."""
    for written in (text, quote(text, safe=""), repr(text)[1:-1], json.dumps(text)[1:-1]):
        if len(written) >= _SHORTEST:
            _secrets.add(written)
    return text


def keep_secret_url(url: str) -> str:
    """The same of a URL that is made of secrets, as Apprise's are: libraries log parts of it."""
    for word in _parts(url):
        if len(word) >= _SHORTEST_PART:
            keep_secret(word)
            keep_secret(unquote(word))
    return keep_secret(url)


def _parts(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    user, _, host = parts.netloc.rpartition("@")
    token = (
        [] if "." in host else [host.partition(":")[0]]
    )  # with many services it stands where others have a host
    return [*token, *user.split(":"), *parts.path.split("/"), *re.split("[&=]", parts.query)]


def redacted(text: str) -> str:
    """The text without the secrets in it."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return _PASSWORD_IN_URL.sub(_HIDDEN, text)


class _TextLines(logging.Formatter):
    """Searches the finished line: a secret may come by an argument, by an exception, or by both halves of a text."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _JsonLines(logging.Formatter):
    """Searches before JSON writes quotes and backslashes its own way."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up_log(style: str) -> None:
    """`json` or `console`, on stderr; FLOORHAND_LOG_LEVEL names the least level."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if style == "json" else _TextLines())
    level = os.environ.get("FLOORHAND_LOG_LEVEL", "INFO")
    logging.raiseExceptions = False  # what cannot be logged would be printed as it is, secrets and all
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
