"""Bluetooth LE scanners: profiles, the connection plan, the links, and the radio that keeps them all."""
