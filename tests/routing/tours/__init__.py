"""Tours: what their door promises, and what each engine behind it claims."""
