"""Links: bytes to and from a device, with a deadline on every wait."""
