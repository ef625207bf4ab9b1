"""What several commands share: options, progress, logging, files of JSON lines, and the SMTP sink of the demo."""
