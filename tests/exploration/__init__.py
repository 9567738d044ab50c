"""Exploration: the real runtime on stand-ins of the services, in simulated time, under schedules drawn from seeds."""
