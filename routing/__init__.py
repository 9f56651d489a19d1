"""A warehouse layout, lines to pick and carts in; batches and tours out."""
