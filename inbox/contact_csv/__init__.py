"""Contacts as files of CSV, out and in."""
