"""The claims about scanners."""
