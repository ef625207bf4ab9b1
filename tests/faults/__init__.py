"""Every fault that mail delivery meets, by its id, through the whole way: outbox, round and server."""
