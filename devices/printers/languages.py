"""The languages that label printers speak, by the names that a configuration gives them."""

from __future__ import annotations

from devices.printers.conversation import Language
from devices.printers.escpos.language import ESCPOS

LANGUAGES: dict[str, Language] = {language.name: language for language in (ESCPOS,)}
