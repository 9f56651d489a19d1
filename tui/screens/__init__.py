"""The supervisor's screens, one module each."""
