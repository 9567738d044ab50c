"""``logrouter doctor``: checks the deployment against what the stacks define.

One module a part of the path; each check says what is wrong and what to change. Nothing is changed; the canary writes
one object, of a tenant that is named.
"""
