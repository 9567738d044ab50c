"""A test run that is silent for long."""

import threading

from tests.heartbeat import Heartbeat


def test_it_is_said_that_a_silent_run_goes_on_and_no_more_once_it_ends():
    """CI would end the job while the embedded cloud starts; or lines would follow the summary."""
    said, enough = [], threading.Event()

    def say(text):
        said.append(text)
        if len(said) == 2:
            enough.set()

    heart = Heartbeat(say, say_seconds=0.001)
    heart.pytest_sessionstart()
    assert enough.wait(10)
    heart.pytest_sessionfinish()
    heart.beat()
    assert all("no test has ended" in each for each in said)


def test_a_run_that_reports_is_left_alone():
    """The dots of the tests would be broken up all the time."""
    heart = Heartbeat(lambda _: heart.pytest_sessionfinish(), say_seconds=0.001)
    heart.pytest_runtest_logreport(None)
    heart.beat()
    assert heart._seconds == 0.002  # the second was the first that said something
