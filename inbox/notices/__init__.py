"""What an agent is told of, in which ways, and when not."""
