"""From the services into the store: pull papers, enrich them, and watch how healthy each source is."""
