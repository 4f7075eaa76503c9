"""Measurements: what is claimed of tapewire, and what could have shown it wrong."""

from models.hardware import wait_asleep

wait_asleep()  # before any module here imports torch
