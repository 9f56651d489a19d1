"""ZPL II, as Zebra printers and their emulations speak it."""
