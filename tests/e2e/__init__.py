"""The whole floor around a real agent process."""
