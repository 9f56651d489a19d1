"""The claims of the device room."""
