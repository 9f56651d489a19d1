"""The pure core: model, events, decide and apply. No clock, no I/O."""
