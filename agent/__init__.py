"""The orders: a pure core (what happens) and a shell (who asks, and who is told)."""
