"""Whose word stands where systems of record disagree about a field of an order: a table that a site may change."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

#: Field, or a pattern of fields, and the sources that may set it, the highest first. A source that is not named
#: stands below those that are; equals follow each other as they come.
DEFAULT: dict[str, tuple[str, ...]] = {
    "*": ("/erp", "/wms", "/crm"),  # the order's header and lines, and what we do not know
    "consignee.*": ("/erp", "/crm", "/wms"),  # where it goes is sold with it
    "consignee.name": ("/crm", "/erp", "/wms"),  # whom to call is what customers tell the people they talk to
    "consignee.phone": ("/crm", "/erp", "/wms"),
    "held": ("/crm", "/erp", "/wms"),  # a customer's doubt is not lifted by a system that did not hear it
}


class Authority(msgspec.Struct, frozen=True):
    """The table: the site's own lines before the ones above."""

    own: dict[str, tuple[str, ...]] = {}

    def line_of(self, field: str) -> tuple[str, tuple[str, ...]]:
        """The line that decides on a field: its own name, else the longest pattern that fits."""
        table = DEFAULT | self.own
        fits = [pattern for pattern in table if pattern == field or fnmatchcase(field, pattern)]
        pattern = max(fits, key=lambda each: (each == field, len(each)))
        return pattern, table[pattern]

    def overrules(self, field: str, stands: str, said: str) -> str | None:
        """The rule by which the word of source `stands` is kept against that of `said`; None: the new word is taken.

        An empty name is no system of record's: what it said yields to anybody, what it says is taken.
        """
        if not (stands and said) or stands == said:
            return None
        pattern, sources = self.line_of(field)
        if _rank(sources, stands) >= _rank(sources, said):
            return None
        return f"authority: {pattern}: {stands} before {said}"


def _rank(sources: tuple[str, ...], source: str) -> int:
    return sources.index(source) if source in sources else len(sources)
