"""What the faults of a bulk send have in common; `bulk_kill.py` is the shortest example."""

import collections
import contextlib
import dataclasses
import random
import threading
import time

from faults import event_logs
from faults.bulk_mail_server import TROUBLES, BulkChaos, BulkMailServer
from faults.bulk_send import BulkSend
from faults.bulk_verdict import Recorded, judge
from faults.fault import Fault, Form
from faults.trial import answered
from harness.database import query
from harness.eventually import eventually
from harness.running_system import RunningSystem

# How soon a bulk send is done after the last fault: a mail refused for now twice rests for half a
# minute, and what is sent by then is not quick.
DONE_SECONDS = 300
FAILED_DONE_SECONDS = 5
# Of a bulk send, as its row has them.
STATES = {'1': 'gathering', '2': 'ready', '4': 'sending', '6': 'done'}


@dataclasses.dataclass(frozen=True)
class BulkForm(Form):
    """Rounds are faults amid one bulk send to so many."""

    recipients: int = 600
    gathering: int = 1  # Further faults while it gathers, at most.
    most_for_each: int = 1  # Troubles of one mail with its server.


@dataclasses.dataclass
class BulkWorld:
    """What a fault of a bulk send may lay hands on."""

    system: RunningSystem
    mail_server: BulkMailServer
    bulk: BulkSend
    form: BulkForm
    random: random.Random
    hurts: list = dataclasses.field(default_factory=list)  # When the service was hurt.
    recorded: list = dataclasses.field(default_factory=list)
    # How often it was hurt in which state of the bulk send.
    in_state: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    note: str = ''

    def query(self, sql):
        """The rows of a statement in the invitation service's database."""
        return query(self.system.environment('invitation')['PORTICO_DATABASE_URL'], sql)

    def note_hurt(self):
        """The service is hurt now, or no more; answers the state of the bulk send."""
        self.hurts.append(time.monotonic())
        states = self.query('select state from bulk_send')
        state = STATES[states[0][0]] if states else 'creation'
        self.in_state[state] += 1
        return state

    def note_recorded(self):
        """Looks up whose mails have ended: nobody may try them again from now on."""
        rows = self.query('select recipient from message where state in (2, 3, 4)')
        self.recorded.append(Recorded(time.monotonic(), frozenset(row[0] for row in rows)))


class BulkFault(Fault):
    """A way to hurt the invitation service amid a bulk send.

    The mail server is in a bad temper all the while. The fault is inflicted whenever another
    random share of the mails is settled, and sees to it that the service goes on by itself.
    """

    recovery_seconds = DONE_SECONDS
    mail_server = BulkMailServer
    # Whether the service may forget what it has just heard, so that a mail may come again.
    forgets = True
    # The latest share of the mails after whose settling it is inflicted.
    last_share = 0.95
    options = {}  # Of the bulk send.

    def hurt_gathering(self, world):
        """Does it while the recipients are gathered, or are about to be."""

    def own_rounds(self, form, seed, system, mail_server, result, verbose):
        chance = random.Random(f'{self.name} {seed}')
        bulk = BulkSend(system, form.recipients, self.options)
        befell = collections.Counter()
        mail_server.temper = BulkChaos(chance.randrange(1 << 32), befell, TROUBLES,
                                       form.most_for_each)
        world = BulkWorld(system, mail_server, bulk, form, chance)
        result.acknowledged = bulk.counted
        try:
            self._gather(world)
            self._send(world, result, verbose)
            eventually(bulk.is_done, self.recovery_seconds)
        except Exception:
            # The failure is told whatever the judgement is, which may fail for the same reason.
            with contextlib.suppress(Exception):
                eventually(bulk.is_done, FAILED_DONE_SECONDS)
            with contextlib.suppress(Exception):
                self._judge(world, result)
            raise
        end = time.monotonic()
        world.note_recorded()
        result.recoveries = recoveries(world.hurts, mail_server.last_attempts)
        self._judge(world, result)
        result.note += (f'; done {end - world.hurts[-1]:.1f} s after the last; at the mail server '
                        f'{_told(befell)}')
        _check_progress(bulk)
        assert bulk.all_ids() == [bulk.id], f'created more than once: {bulk.all_ids()}'
        missing = TROUBLES.keys() - befell.keys()
        assert form != self.long or not missing, f'these troubles befell no mail: {missing}'
        system.check_alive()
        event_logs.check(system)
        self.check(world, None)

    def _gather(self, world):
        creator = threading.Thread(target=world.bulk.create, daemon=True)
        creator.start()
        for _ in range(world.form.gathering):
            self.hurt_gathering(world)
        creator.join()
        assert world.bulk.id, 'the bulk send could not be created'

    def _send(self, world, result, verbose):
        starter = threading.Thread(target=world.bulk.start, daemon=True)
        starter.start()
        shares = sorted(world.random.uniform(0, self.last_share) for _ in range(world.form.rounds))
        for share in shares:
            settled = share * world.form.recipients
            eventually(lambda: world.mail_server.settled() >= settled, self.recovery_seconds)
            assert not world.bulk.is_done(), 'the bulk send was done before the fault'
            self.inflict(world)
            world.note_recorded()
            result.rounds += 1
            if verbose:
                print(f'{self.name} {result.rounds}: {world.note} with '
                      f'{world.mail_server.settled()} settled, {len(world.recorded[-1].emails)} '
                      'recorded', flush=True)
        starter.join()

    def _judge(self, world, result):
        bulk = world.bulk
        verdict = judge(bulk.counted, answered(bulk.contacts), answered(bulk.ledger),
                        answered(bulk.mails), answered(bulk.invitations), world.mail_server.history(),
                        world.hurts if self.forgets else (), world.recorded)
        result.lost, result.doubled = verdict.lost, verdict.doubled
        result.repeated = verdict.unanswered + verdict.unrecorded
        result.judged = True
        states = {state.removeprefix('BULK_SEND_RECIPIENT_STATE_').lower(): count
                  for state, count in verdict.states.items()}
        result.note = (
            f'{_told(states)}; {verdict.unanswered} mailed again after an answer was dropped, '
            f'{verdict.unrecorded} after the service was hurt before it had recorded one; hurt amid '
            f'{_told(world.in_state)}')


def recoveries(hurts, attempts):
    """How long after each hurt there was another mail, where it was not hurt again before."""
    times, after = [], 0
    for hurt, following in zip(hurts, [*hurts[1:], float('inf')]):
        while after < len(attempts) and attempts[after] <= hurt:
            after += 1
        if after < len(attempts) and attempts[after] <= following:
            times.append(attempts[after] - hurt)
    return times


def _check_progress(bulk):
    """What the bulk send says of itself adds up, and nothing is left of it."""
    told = {name: int(count) for name, count in bulk.get()['progress'].items()}
    total = told.pop('total')
    assert total == bulk.counted, f'the total is {total}, want the {bulk.counted} counted'
    ended = sum(told.get(name, 0) for name in ('sent', 'bounced', 'failed'))
    assert ended == total == sum(told.values()), f'{told} are not {total} that ended'


def _told(counts):
    return ', '.join(f'{count:,} {what}' for what, count in sorted(counts.items()))
