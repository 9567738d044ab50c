"""A client of librdkafka that never connects: it answers as it is told, and keeps what it was given."""

from types import SimpleNamespace


class Code:
    """A ``KafkaError``: a name, a text."""

    def __init__(self, name, text=""):
        self._name, self._text = name, text

    def name(self):
        return self._name

    def str(self):
        return self._text


class ClientError(Exception):
    """A ``KafkaException``."""

    def __init__(self, name, text=""):
        super().__init__(Code(name, text))


class Client:
    """A ``Producer``.

    :param topics: for each question its errors by topic, or the error to raise; the last one stays.
    :param reports: for each record its report's code; ``None`` is a good one, ``...`` none at all.
    """

    made = ()

    def __init__(self, settings):
        self.settings = settings
        self.topics, self.reports = [{}], []
        self.brokers = {1: SimpleNamespace(host="broker-1.example.com", port=9096)}
        self.causes, self.sent, self.queued, self.asked, self.purged, self.closed = [], [], [], 0, 0, False
        self.fatal = None

    def list_topics(self, topic, timeout):
        self.asked += 1
        found = self.topics[0] if len(self.topics) == 1 else self.topics.pop(0)
        if isinstance(found, Exception):
            raise found
        error = found.get(topic)
        return SimpleNamespace(topics={topic: SimpleNamespace(error=error and Code(error))}, brokers=self.brokers)

    def poll(self, timeout):
        for cause in self.causes:
            self.settings["error_cb"](cause)
        return 0

    def produce(self, topic, value, key, *, on_delivery, timestamp, headers):
        if self.fatal:
            raise self.fatal
        code = self.reports.pop(0) if self.reports else None
        if isinstance(code, Exception):
            raise code
        self.sent.append((topic, key, value, timestamp, dict(headers)))
        self.queued.append((code, on_delivery))

    def flush(self, timeout):
        self.poll(0)
        waiting = [(code, report) for code, report in self.queued if code is ...]
        for code, report in self.queued:
            if code is not ...:
                report(code and Code(code), None)
        self.queued = waiting
        return len(waiting)

    def purge(self):
        self.purged += 1
        self.queued = [("_PURGE_QUEUE", report) for _, report in self.queued]

    def close(self):
        self.closed = True

    def __len__(self):
        return len(self.queued)
