"""Which language a printer speaks that does not answer in the one it is configured for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from devices.errors import LinkTimeout
from devices.links.link import Link
from devices.printers.conversation import Language


async def language_spoken(link: Link, languages: Sequence[Language], timeout_s: float) -> str | None:
    """Greet it in each; the name of the one it answers in, None where it answers in none. Raises LinkLost."""
    loop = asyncio.get_running_loop()
    for language in languages:
        await link.write(language.greeting, deadline_s=timeout_s)
        until, heard = loop.time() + timeout_s, b""
        while not language.recognises(heard):
            try:
                heard += await link.read(deadline_s=until - loop.time())
            except LinkTimeout:
                break
        else:
            return language.name
    return None
