"""What the processor can do, and how threads wait for each other on it."""

import os

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}


def wait_asleep() -> None:
    """Let threads that wait sleep after some microseconds, unless the environment says otherwise.

    To be called before a library with OpenMP is loaded. By default they spin: beside other work on the machine two
    threads then wait for each other's core, and what takes seconds takes minutes. Asleep at once they would lose half
    of their speed on an idle one (benchmarks/forecasts/busy_machine.py). Child processes inherit it.
    """
    for name, value in PATIENT.items():
        os.environ.setdefault(name, value)


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 natively (AVX512-BF16 or AMX)."""
    import torch

    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
