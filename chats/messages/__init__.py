"""Messages of a chat: their only writers, beside the lines about moves, which are written with the move.

amendments   the customer's reactions, edits and withdrawals
replies      what agents say; corrections: what they change of it; reverts: what the network refused of that
templates    the messages that open a new session
receipts     delivery receipts; acceptance: the answer to a send; echoes: what left by the line itself
parked       out-of-order facts, until their message is there
senders      one contact for all ids of a person; identity: a person's new id
"""
