"""The networks, played: Meta's Graph API and Telegram's Bot API with customers, on this machine only.

The core needs the standard library and nothing else: `python -m sandbox --port 8098 --seed 1`.
Everything is in memory and in one event loop, so nothing here needs a lock.
"""
