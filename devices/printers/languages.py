"""The languages that label printers speak, by the names that a configuration gives them."""

from __future__ import annotations

from devices.printers.conversation import Language
from devices.printers.escpos.language import ESCPOS
from devices.printers.tspl.language import TSPL
from devices.printers.zpl.language import ZPL

LANGUAGES: dict[str, Language] = {language.name: language for language in (ESCPOS, TSPL, ZPL)}
