"""Labels: what stands on one, one description of it in millimetres, and its dots; no printer language."""
