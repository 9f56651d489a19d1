"""The supervisor's screens: a client of the agent's local API, nothing more."""
