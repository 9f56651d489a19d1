"""The claims about MQTT, PDAs and pickers."""
