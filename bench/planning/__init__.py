"""The planning benchmark: public instances, baselines, generated floors, and the figures made with them."""
