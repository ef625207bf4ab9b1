"""Every service: what it asks, and a saved answer beside the papers that it holds."""
