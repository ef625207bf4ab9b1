"""Mail as bytes: messages, signatures, what servers reply, and the checklist of a letter."""
