"""Simulators that behave like the hardware, its faults included."""
