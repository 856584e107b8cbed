"""The screens of agents. Each view: find, one verb, render."""
