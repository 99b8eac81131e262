"""Decision tables: conditions, evaluation, trace, verification."""
