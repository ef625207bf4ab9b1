"""What comes back: boxes on disk, and IMAP against a real server that follows a script."""
