"""Scanners: bytes to frames to scans, and the tone back."""
