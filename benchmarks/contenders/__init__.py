"""What is measured: our processor, two straightforward ones, and the floor; each a process of its own.

A contender polls the queue of its environment until it is ended, and answers each line on its standard input with a
line of figures on the pipe whose number is its last argument.
"""
