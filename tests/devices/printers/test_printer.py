"""What the driver makes of a link's word, whatever the language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devices.errors import LinkLost, NotStarted, Uncertain
from devices.labels.specimen import SPECIMEN
from devices.labels.template import load_templates
from devices.links.tcp import TcpLink
from devices.printers.languages import LANGUAGES
from devices.printers.press import Form, Press
from devices.printers.printer import LabelPrinter
from devices.sim.printer import SimPrinter
from tests.devices.printers.samples import FAST, MEDIA, QUICK


class BreakingLink(TcpLink):
    """A real link that breaks under the next write longer than a question: before its first byte, or after it."""

    breaks_after_byte: bool | None = None

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        if self.breaks_after_byte is None or len(data) < 1000:
            await super().write(data, deadline_s=deadline_s, on_handed=on_handed)
            return
        if self.breaks_after_byte:
            await super().write(data[:200], deadline_s=deadline_s, on_handed=on_handed)
        await self.close()
        raise LinkLost("broken")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("after_byte", "expected"), [(False, NotStarted), (True, Uncertain)])
async def test_a_link_that_broke_before_the_first_byte_has_not_started_and_after_it_is_uncertain(
    language: str, after_byte: bool, expected: type[Exception]
) -> None:
    press = Press(LANGUAGES[language], MEDIA, bytes_per_s=None, mm_per_s=100)
    payload = press.say(Form.RASTER, load_templates()["express"], SPECIMEN).payload
    async with SimPrinter(MEDIA, language=language, speed=FAST) as sim:
        link = BreakingLink("127.0.0.1", sim.port)
        printer = LabelPrinter(link, LANGUAGES[language], MEDIA, timeouts=QUICK)
        mark = await printer.mark()
        link.breaks_after_byte = after_byte
        with pytest.raises(expected, match="broken"):
            await printer.print(payload, mark=mark, on_first_byte=lambda: None)
        link.breaks_after_byte = None
        assert await printer.print(payload, on_first_byte=lambda: None) != "none"
        assert len(sim.paper) == 1
        await printer.close()
