"""What came back: samples of each format, and anything else that may arrive."""
