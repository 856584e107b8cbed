"""An agent's own account: where it is signed in, and its time zone."""
