"""What an agent looks for at /buscar/: the words that were typed, the messages that hold them, and what is marked."""
