"""``logrouter doctor``: whether the deployment is what the stacks meant it to be.

One module a part of the path; each check says what is wrong and what to change. Nothing is changed; the canary writes
one object, of a tenant that is named.
"""
