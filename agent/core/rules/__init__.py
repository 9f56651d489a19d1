"""The rules: one function per command, grouped by what they are about."""
