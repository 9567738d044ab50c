"""``python -m runtime.processor --mode sqs|stdin``: the processor in a container or by hand."""

import sys

from runtime.processor.loading import loading

if __name__ == "__main__":
    with loading():
        from runtime.processor.command import main
    sys.exit(main())
