"""The claims about framings."""
