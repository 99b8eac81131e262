"""Measures winlab: `./dev bench NAME` writes the table of that name to RESULTS.md."""
