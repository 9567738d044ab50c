"""The custom resource's environment."""

from typing import Literal

from runtime.environment import Environment


class ConfigResourceSettings(Environment):
    """``api_url``: where the delivery-config API is, with its stage."""

    api_url: str
    aws_region: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
