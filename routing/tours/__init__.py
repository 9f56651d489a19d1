"""One tour at a time: exact where the floor allows it, else OR-Tools with a bound, under the rules of the cart."""
