"""``python -m runtime.processor --mode sqs|stdin``: the processor in a container or by hand."""

import sys

from runtime.processor.deferred_gc import deferred_gc_import

if __name__ == "__main__":
    with deferred_gc_import():
        from runtime.processor.command import main
    sys.exit(main())
