"""The mail server goes away in the middle of its conversations, and comes back."""

import time

from faults.fault import Fault, Form


class SmtpAway(Fault):
    name = 'smtp-away'
    short = Form(rounds=1, seconds=4)
    long = Form(rounds=2, seconds=120)

    def inflict(self, world):
        world.mail_server.stop()
        try:
            time.sleep(world.form.seconds)
        finally:
            world.mail_server.start()
