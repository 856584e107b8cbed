"""`python -m tests.nightly.waking`: for each line that it reads it wakes a worker, and says whether one was told."""

import sys

import django

django.setup()

from chats import jobs  # noqa: E402

for line in sys.stdin:
    sys.stdout.write(f"{jobs.process_body_now(int(line))}\n")
    sys.stdout.flush()
