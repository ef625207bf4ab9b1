"""arXiv: harvest, daily feeds, query API."""
