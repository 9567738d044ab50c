"""The objects of the central bucket: key, streamed body, lines, events, batches. Nothing here sends anything."""
