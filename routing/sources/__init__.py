"""Where to take it from: the shelves of an SKU that make the whole tour shortest."""
