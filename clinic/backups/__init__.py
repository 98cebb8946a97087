"""Backups of the whole site, each one encrypted file that was proven by restoring it; and the way back.

archive.py: the file · keys.py · sqlite.py and postgresql.py: what each database needs · facts.py: what must be in it again
make.py: one backup · rotation.py: which files stay · restore.py · record.py, schedule.py, health.py: when, and how it went
"""


class Trouble(Exception):
    """Why a backup was not made or not put back, in words that say what to do. No patient data."""
