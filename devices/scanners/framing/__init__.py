"""Framings: how a scanner marks where one code ends and the next begins. Bytes in, frames out; no I/O, no clock."""
