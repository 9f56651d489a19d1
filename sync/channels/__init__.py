"""Ways to the hub beside HTTP: the same events, with the same ids, on the same outbox."""
