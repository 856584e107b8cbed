"""Broadcasts: the list is made (filling), it leaves at the line's pace (sending), and what became of it is counted
(tallying). A person begins, starts, pauses and stops it (verbs).

Who gets one stays where the chat is, EXPIRADO or closed: no agent has it, no session begins, and what the customer
answers arrives in the bot as ever. Who is in the middle of a conversation is left out.
"""
