"""What the pump of the outbox does, for one chat and in this thread."""

import time

from django.utils import timezone

from gateway.outbound import outbox
from gateway.outbound.claims import claim_first
from gateway.pump import HELD_PAUSE


def deliver_chat(chat_pk):
    """Send what waits in a chat, in order, until nothing is due. Returns how many were sent."""
    sent = 0
    while (claimed := claim_first([chat_pk], timezone.now())).sending or claimed.again:
        outcomes = [outbox.send_message(message) for message in claimed.sending]
        outbox.write_outcomes(outcomes)
        sent += sum(one.is_sent for one in outcomes)
        if claimed.is_held:
            time.sleep(HELD_PAUSE)
    return sent
