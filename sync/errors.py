"""What can go wrong between this site and its hub.

HubError
├── NoCredentials         the token or the certificates of this site cannot be read here
├── Unreachable           no answer: no route, refused, reset, cut short, silent
│   └── TlsFailed         no trust: certificate, authority, host name or version
├── NotTheHub             an answer that is not the protocol's (captive portal, proxy page)
├── Busy                  5xx: the hub asks for patience
│   └── SlowDown          429
└── Refused               any other problem document
    ├── Unauthorized      401, 403
    ├── CursorExpired     410: the feed no longer keeps what comes after that cursor
    ├── SequenceGap       409: the hub misses events before the ones sent
    ├── TooLarge          413
    ├── Unacceptable      400, 415, 422: what was sent will never be taken as it is
    └── WaybillsExhausted 409: the carrier has no numbers left

BadEvent                  bytes that are no CloudEvent (a ValueError)
"""

from __future__ import annotations

from typing import Any, ClassVar


class BadEvent(ValueError):
    """The bytes are no CloudEvent 1.0 of this protocol; the text says where and why."""


class HubError(Exception):
    """The hub did not do what it was asked; the text is for people.

    `is_failure`: the way to the hub is broken, and its breaker counts it. The hub's own word on what was sent is none.
    """

    is_failure: ClassVar[bool] = True


class Unreachable(HubError):
    """No answer came, or it broke off: whether the hub acted on the request is unknown."""


class TlsFailed(Unreachable):
    """One of the two did not trust the other's certificate, or they share no version of TLS."""


class NoCredentials(HubError):
    """The hub was not even asked: a file of this site that it takes for that cannot be used."""


class NotTheHub(HubError):
    """Somebody answered, but not in the hub's protocol."""


class Busy(HubError):
    """The hub cannot serve now (5xx); `retry_after_s` is the wait it asks for, 0 if it named none."""

    def __init__(self, status: int, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(f"the hub answered {status}: {reason}")
        self.status = status
        self.retry_after_s = retry_after_s


class SlowDown(Busy):
    """The hub is there and asks for patience (429): another channel would only get round its limit."""

    is_failure = False


class Refused(HubError):
    """The hub refuses this request; `problem` is its RFC 9457 document ({} where it sent none)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        words = problem.get("detail") or problem.get("title") or problem.get("type") or "no reason given"
        super().__init__(f"the hub refused with {status}: {words}")
        self.status = status
        self.problem = problem


class Unauthorized(Refused):
    """The token (or client certificate) is not, or no longer, good for this site."""


class CursorExpired(Refused):
    """A snapshot is needed before the feed can be followed again."""

    is_failure = False


class SequenceGap(Refused):
    """The hub committed nothing; it wants the events from `expected` on."""

    is_failure = False

    def __init__(self, status: int, problem: dict[str, Any], expected: int) -> None:
        super().__init__(status, problem)
        self.expected = expected


class TooLarge(Refused):
    """The request is larger than the hub takes at once."""

    is_failure = False


class Unacceptable(Refused):
    """The hub cannot take this content, now or later."""

    is_failure = False


class WaybillsExhausted(Refused):
    """The carrier's pool at the hub is empty."""

    is_failure = False
