"""Models and statistics: forecasts, impact, responses, texts, strategies, and how each is judged."""

from models.hardware import wait_asleep

wait_asleep()  # before any module here imports torch
