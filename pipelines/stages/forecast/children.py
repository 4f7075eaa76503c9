"""Worker processes that end when their work does, and when their parent does. Standard library only: quick to start."""

import atexit
import os
import sys
import threading
from multiprocessing import connection, parent_process


def end_with_parent() -> None:
    """Let this process end when its parent does: one that was killed leaves none behind that goes on training.

    When its work is done it ends at once: libraries complain where an interpreter with threads is taken down.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    atexit.register(leave)
