"""From a printer of the configuration to the parts of the devices room that serve it."""

from __future__ import annotations

from agent.config import Printer
from devices.labels.compose import Composer
from devices.labels.label import Media
from devices.links.address import link_of
from devices.links.link import Link
from devices.printers.languages import LANGUAGES, language_of
from devices.printers.press import Press
from devices.printers.printer import LabelPrinter
from devices.printers.status import Timeouts


def driver_of(printer: Printer, link: Link, timeouts: Timeouts, *, speaks: bool) -> LabelPrinter:
    """Who talks to it; `speaks`: it has proved labels before. Another language that it may speak instead is named."""
    return LabelPrinter(
        link,
        language_of(printer.language, printer.font),
        media_of(printer),
        confirm=printer.confirm,
        timeouts=timeouts,
        speaks=speaks,
        others=[language for name, language in LANGUAGES.items() if name != printer.language],
    )


class Presses:
    """One press for all printers that are alike: what is reckoned or drawn for one serves the others."""

    def __init__(self) -> None:
        self._composer = Composer()
        self._made: dict[tuple[object, ...], Press] = {}

    def of(self, printer: Printer, link: Link) -> Press:
        """Who makes the bytes of its labels, in the form that its wire is fast enough for."""
        media = media_of(printer)
        alike = printer.language, printer.font, media, link.bytes_per_s, printer.mm_per_s
        if alike not in self._made:
            self._made[alike] = Press(
                language_of(printer.language, printer.font),
                media,
                bytes_per_s=link.bytes_per_s,
                mm_per_s=printer.mm_per_s,
                composer=self._composer,
            )
        return self._made[alike]


def link_to(printer: Printer) -> Link:
    """The way to it."""
    return link_of(printer.url)


def media_of(printer: Printer) -> Media:
    """What labels it holds, as the devices room says it."""
    media = printer.media
    return Media(media.width_mm, media.height_mm, media.dpi, media.gap)
