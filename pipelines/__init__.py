"""What fetches, works and answers: sources, stages, flows, commands."""

from models.hardware import wait_asleep

wait_asleep()  # before any module here imports torch
