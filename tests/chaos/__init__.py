"""The kill test: delivering processes die at any moment, and what arrived is counted."""
