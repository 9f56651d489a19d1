"""Orders to carts."""
