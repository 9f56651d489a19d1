"""Label printers: a label becomes bytes, and the bytes become evidence of a label or a plain doubt."""
