"""Claims about the fake BlueZ."""
