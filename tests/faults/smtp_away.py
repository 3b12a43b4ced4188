"""The mail server goes away in the middle of its conversations, and comes back."""

import time

from faults.fault import Fault, Form


class SmtpAway(Fault):
    name = 'smtp-away'
    short = Form(rounds=1, seconds=4)
    long = Form(rounds=1, seconds=120)

    def inflict(self, world):
        world.mail_server.stop()
        gone = time.monotonic()
        settled = world.mail_server.settled()
        try:
            time.sleep(world.form.seconds)
            assert world.load.snapshot(since=gone), 'no contact was created without it'
            assert world.mail_server.settled() == settled, 'mails came though it was away'
        finally:
            world.mail_server.start()
