"""The delivery method ``spool``: events in files of a directory."""
