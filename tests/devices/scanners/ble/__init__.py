"""Bluetooth scanners: the pure parts, and the real bleak against the fake BlueZ."""
