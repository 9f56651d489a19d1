"""Bluetooth LE scanners: profiles, the connection plan, the links, and the radio that keeps them all.

profiles.py  families as data: where codes come from, where answers go
plan.py      which adapter connects to which scanner, and when; pure
pace.py      how long everything may take
twins.py     notifications that bleak hands over twice; pure
bus.py       whether bluetoothd runs, and its adapters, as D-Bus tells
ear.py       discovery on one adapter
opening.py   from a device that is heard to a link
link.py      one connection: notifications to scans, answers back, signs of life
radio.py     all of it together
find.py      what advertises, for a person
pairing.py   which of it sends the printed code
trouble.py   what bleak raises, in words
"""
