"""The claims of the supervisor's screens."""
