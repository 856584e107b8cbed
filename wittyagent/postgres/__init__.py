"""PostgreSQL as this product uses it: Django's backend, with bounded waits in requests, and at home behind a pooler."""
