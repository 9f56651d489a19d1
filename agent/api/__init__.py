"""The local API: what supervisors' screens and site tools see of the agent."""
