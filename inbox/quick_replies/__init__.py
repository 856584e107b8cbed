"""Quick replies: what may be written in them and by whom, what their variables stand for, and their files of CSV."""
