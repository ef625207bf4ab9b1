"""Every fault that mail delivery meets, by its id, through the whole way: outbox, round, server, and what holds after."""
