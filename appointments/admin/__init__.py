"""The triage desk: requests and their steps, who is told, and who saw what."""

from . import access, deliveries, messages, person, ready_texts, removals, requests  # noqa: F401  registers the models
