"""The claims of the agent's room: its pure core, its store, its configuration and its side of the hub link."""
