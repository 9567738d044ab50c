"""The version of the plan that makes batches of an object: a checkpoint counts under it, and under no other.

By itself, so that who only carries checkpoints around needn't load what reads objects.
"""

PLAN_VERSION = (
    2  # raise it whenever the same object would give other batches; since 2 no event is far ahead of its object
)
