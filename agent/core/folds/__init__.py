"""The folds: what each event makes of the floor, grouped as the rules are."""
