"""The triage desk: requests and their steps, who is told, and who saw what."""

from . import access, deliveries, messages, person, removals, requests  # noqa: F401  registers the models
