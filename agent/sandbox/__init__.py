"""A whole floor on the loopback around a real agent process: for the demo, the tests and a site's rehearsal."""
