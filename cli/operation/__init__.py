"""The sources of an operator's answers: tables, queues, the bucket's listing, the delivery records.

Every answer is bounded: queries and listings by prefix, no scan of a table, and the records read for a few seconds at
most. One module a question; the commands beside this folder print what they give.
"""
