"""What is kept of one person: shown, copied for them, and erased."""
