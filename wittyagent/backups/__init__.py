"""Copies of an installation that it can be made of again: the database, the files and the key (docs/operate.md).

At a target stand `wittyagent-<time>/` (one backup: manifest.json, database.dump, files.jsonl, secret_key) and `files/`,
which all of them share: each file once, by its SHA-256. A backup is one from the moment in which its manifest stands.
"""


class BackupError(Exception):
    """Why nothing was copied or restored: one line for the person who asked for it."""
