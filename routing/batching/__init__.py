"""Orders to carts: savings, a search with exact tours, and set partitioning over the batches that it saw."""
