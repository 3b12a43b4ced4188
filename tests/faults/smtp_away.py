"""The mail server goes away in the middle of its conversations, and comes back."""

import time

from faults.fault import Fault, Form


class SmtpAway(Fault):
    name = 'smtp-away'
    short = Form(rounds=1, seconds=4)
    long = Form(rounds=1, seconds=120)

    def inflict(self, world):
        world.mail_server.stop()
        settled = world.mail_server.settled()
        try:
            for seconds in world.load.thirds(world.form.seconds):
                time.sleep(seconds)
            assert world.mail_server.settled() == settled, 'mails came though it was away'
        finally:
            world.mail_server.start()
