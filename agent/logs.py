"""The agent's log: for people or as JSON lines, and without any secret.

Nobody here logs a secret on purpose. As libraries may log what they are given, every line is searched for the secrets
that were read.
"""

from __future__ import annotations

import json
import logging
import os
import time

_HIDDEN = "***"
_SHORTEST = 4  # a shorter one would hide half of every line, and is no secret
_secrets: set[str] = set()


def keep_secret(text: str) -> str:
    """It must not stand in any line from now on; the text itself."""
    if len(text) >= _SHORTEST:
        _secrets.add(text)
    return text


def redacted(text: str) -> str:
    """The text without the secrets in it."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


class _Redacting(logging.Formatter):
    """Searches the finished line: a secret may come by an argument, by an exception, or by both halves of a text."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redacted(self._inner.format(record))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_log(style: str) -> None:
    """`json` or `console`, on stderr; FLOORHAND_LOG_LEVEL names the least level."""
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(_Redacting(_JsonLines() if style == "json" else plain))
    level = os.environ.get("FLOORHAND_LOG_LEVEL", "INFO")
    logging.raiseExceptions = False  # what cannot be logged would be printed as it is, secrets and all
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
