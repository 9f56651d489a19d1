"""What people type at a simulated part, what it makes of it, and what it says."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TextIO, TypeAlias, TypeVar

from devices.errors import DeviceError

Say: TypeAlias = Callable[[str], None]
#: What a word does with what is typed after it; its answer. Raises ValueError for what makes no sense, DeviceError.
Act: TypeAlias = Callable[..., Awaitable[str]]
#: By usage: the word, and a name in capitals for each thing that is typed after it.
Words: TypeAlias = Mapping[str, Act]
_Part = TypeVar("_Part")


def say(text: str) -> None:
    """At once, also into a pipe: whoever started it waits for the address."""
    print(text, flush=True)


async def typed_lines() -> AsyncIterator[str]:
    """What is typed, without end: where nobody can type any more, it waits."""
    if _can_be_typed_at(sys.stdin):
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            yield line.decode(errors="replace").strip()
    await asyncio.Event().wait()


async def obey_words(words: Words, tell: Say) -> None:
    """Do what is typed, one line after the other, until cancelled."""
    tell(f"words: {', '.join(words)}, help")
    async for line in typed_lines():
        if line:
            tell(f"{line}: {await _obey(line, words)}")


def named(parts: Mapping[str, _Part], name: str) -> _Part:
    """The scanner of that name. Raises ValueError that says which there are."""
    if name not in parts:
        raise ValueError(f"no scanner {name!r}: there are {', '.join(parts)}")
    return parts[name]


def whole(text: str, least: int, most: int) -> int:
    """A number that was typed. Raises ValueError that says what is expected."""
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise ValueError(f"{text!r}: a whole number from {least} to {most} is expected")
    return value


async def _obey(line: str, words: Words) -> str:
    """What a line does, and why it does nothing."""
    verb = line.split(maxsplit=1)[0]
    usage = next((usage for usage in words if usage.split()[0] == verb), None)
    if usage is None:
        return f"the words are {', '.join(words)}" if verb == "help" else "unknown: see help"
    expected = usage.split()[1:]
    given = line.split(maxsplit=len(expected))[1:]
    if len(given) != len(expected):
        return f"it is {usage!r}"
    try:
        return await words[usage](*given)
    except (ValueError, DeviceError) as error:
        return str(error)


def _can_be_typed_at(stream: TextIO | None) -> bool:
    """A terminal or a pipe can; what a service has instead can neither be typed at nor waited for."""
    if stream is None:
        return False
    mode = os.fstat(stream.fileno()).st_mode
    return stream.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
