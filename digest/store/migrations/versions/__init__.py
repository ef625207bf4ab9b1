"""One file per change of the tables' form, each after the one before it."""
