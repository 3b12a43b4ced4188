"""Waiting for what happens soon, and for no longer than it takes."""

import time


def eventually(probe, seconds=30):
    """Calls `probe` until it answers something true, and answers that.

    An AssertionError in it counts as not yet, and so does a field that JSON still lacks;
    the last error is raised when the time is over.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            result = probe()
            if result:
                return result
            failure = AssertionError(f'got {result!r} for {seconds} seconds')
        except (AssertionError, LookupError) as error:
            failure = error
        if time.monotonic() > deadline:
            raise failure
        time.sleep(0.02)
