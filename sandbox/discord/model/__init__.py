"""Discord without sockets: the world, what can be done to it, and by whose permission."""
