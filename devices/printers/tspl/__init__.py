"""TSPL, as TSC printers and most Chinese label printers speak it."""
