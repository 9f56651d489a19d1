"""The languages that label printers speak, by the names that a configuration gives them."""

from __future__ import annotations

from collections.abc import Callable

from devices.printers.conversation import Language
from devices.printers.escpos.language import ESCPOS
from devices.printers.tspl import language as tspl
from devices.printers.zpl import language as zpl

LANGUAGES: dict[str, Language] = {language.name: language for language in (ESCPOS, tspl.TSPL, zpl.ZPL)}
#: The same for a printer with a Chinese font of that name; ESC/POS has one font, and no name for it.
WITH_FONT: dict[str, Callable[[str], Language]] = {"tspl": tspl.with_font, "zpl": zpl.with_font}


def language_of(name: str, font: str | None = None) -> Language:
    """A language by its name, in the printer's own `font` where it has one."""
    return LANGUAGES[name] if font is None else WITH_FONT[name](font)
