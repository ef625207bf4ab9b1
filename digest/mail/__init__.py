"""Mail formats: MIME messages, DKIM signatures, SMTP replies, the states of a letter, and the lint of a letter."""
