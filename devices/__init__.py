"""Bytes and radio to typed things and back: links, printers, scanners, PDAs, and their simulators."""
