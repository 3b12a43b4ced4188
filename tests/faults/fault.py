"""What every fault is made of; `kill.py` is the shortest example."""

import contextlib
import dataclasses
import random

from faults.load import Load
from faults.mail_server import MailServer
from harness.eventually import eventually
from harness.running_system import RunningSystem


class Skipped(Exception):
    """The fault cannot be done on this machine, and why."""


@dataclasses.dataclass(frozen=True)
class Form:
    """How much of a fault: so many rounds, of so many seconds each."""

    rounds: int
    seconds: float


@dataclasses.dataclass
class World:
    """What a fault may lay hands on."""

    system: RunningSystem
    mail_server: MailServer
    load: Load
    form: Form
    random: random.Random  # Seeded; everything a fault leaves to chance comes from it.
    done: set = dataclasses.field(default_factory=set)  # Contacts known to have come to their end.
    note: str = ''  # What a fault says of its round, for --verbose.

    def await_contacts(self):
        """Waits until contacts of the round's account are made: others have heard of it then."""
        eventually(lambda: any(created.account_id == self.load.account_id
                               for created in self.load.snapshot()))


class Fault:
    """One way to hurt a running system.

    The runner (`trial.py`) starts the system and the load, which creates contacts all
    the while. In each round it calls `inflict`, and then measures how long it takes until
    everything is well again: each contact acknowledged before is invited and mailed, and
    each thread of the load had another contact acknowledged that went the same way. After
    the last round it checks every contact there is, and that all processes stop cleanly.

    A fault is a module of this folder with a subclass, of which `every.py` has an instance
    in ALL and tests/CMakeLists.txt the name.
    """

    name = ''  # In the table, and for --only.
    short = Form(rounds=1, seconds=1)  # For tools/test.
    long = Form(rounds=1, seconds=1)
    # A round that has not recovered after so long has failed.
    recovery_seconds = 60
    mail_server = MailServer  # What is made to receive the mail, with its port.
    # What runs its rounds, with the form, seed, system, mail server, Result and verbosity; None for
    # the trial of contacts that this class describes.
    own_rounds = None

    @contextlib.contextmanager
    def system(self, smtp_url):
        """The system to hurt. Override it where that needs settings or folders of its own.

        Skipped when that is not to be had here.
        """
        with contextlib.closing(RunningSystem(smtp_url=smtp_url)) as system:
            yield system

    def inflict(self, world):
        """Does the fault, lets it last for about `world.form.seconds`, and undoes it.

        The load runs meanwhile. An AssertionError in it fails the trial.
        """
        raise NotImplementedError

    def folders(self):
        """Folders besides the system's own that are kept when a trial failed."""
        return ()

    def check(self, world, lists):
        """Checks at the end what the verdict does not; AssertionError fails the trial."""
