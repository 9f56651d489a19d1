"""The claims of the routing room."""
