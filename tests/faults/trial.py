"""One fault from start to verdict, also when it fails on the way."""

import collections
import contextlib
import dataclasses
import functools
import http.client
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

from faults import event_logs
from faults.fault import Skipped, World
from faults.load import Lists, Load
from faults.verdict import is_done, judge
from harness.company import Company
from harness.eventually import eventually
from harness.running_system import free_ports
from http_api import ApiError

# How long a trial that failed waits for contacts before it calls them lost.
FAILED_PATIENCE_SECONDS = 15


@dataclasses.dataclass
class Result:
    """A row of the table."""

    fault: str
    rounds: int
    acknowledged: int
    lost: list
    doubled: list
    repeated: int
    recoveries: list  # Seconds, one for each round.
    failures: collections.Counter  # Requests of the load that were repeated, by reason.
    judged: bool = False
    error: str = ''    # What else went wrong, where something did.
    skipped: str = ''  # Why the fault cannot be done here.
    seconds: float = 0.0  # How long all of it took.
    note: str = ''     # What else there is to tell, below the row.

    @property
    def is_good(self):
        return self.judged and not (self.lost or self.doubled or self.error)


def run(fault, form, seed, verbose=False):
    """The Result of all rounds of a fault."""
    begun = time.monotonic()
    result = Result(fault.name, 0, 0, [], [], 0, [], collections.Counter())
    mail_server = fault.mail_server(free_ports(1)[0])
    run_rounds = fault.own_rounds or functools.partial(_run_rounds, fault)
    mail_server.start()
    try:
        with fault.system(mail_server.url) as system:
            try:
                run_rounds(form, seed, system, mail_server, result, verbose)
            except BaseException:
                _keep(system, fault)
                raise
            if not result.is_good:
                _keep(system, fault)
    except Skipped as reason:
        result.skipped = str(reason)
    except Exception as error:  # Whatever it is, the other faults are still to be run.
        result.error = f'{_place(error)}: {type(error).__name__}: {error}'
    finally:
        mail_server.stop()
        result.seconds = time.monotonic() - begun
    return result


def _place(error):
    """The last line of this folder on the way to an error."""
    folder = pathlib.Path(__file__).parent
    return next(f'{pathlib.Path(frame.filename).name}:{frame.lineno}'
                for frame in reversed(traceback.extract_tb(error.__traceback__))
                if pathlib.Path(frame.filename).parent == folder)


def _run_rounds(fault, form, seed, system, mail_server, result, verbose):
    company = Company(system.api)
    # An account for each round, so that what a round waits for is a short list.
    accounts = [company.account()['id'] for _ in range(form.rounds)]
    load = Load(system, mail_server)
    world = World(system, mail_server, load, form, random.Random(f'{fault.name} {seed}'))
    lists = Lists(system)
    try:
        load.account_id = accounts[0]
        load.start()
        for account_id in accounts:
            load.account_id = account_id
            fault.inflict(world)
            result.recoveries.append(_recover(world, lists, fault.recovery_seconds))
            result.rounds += 1
            if verbose:
                print(f'{fault.name} {result.rounds}: {world.note} recovered in '
                      f'{result.recoveries[-1]:.1f} s', flush=True)
            system.check_alive()
    except Exception:
        # The failure is told whatever the judgement is, which may well fail for the same reason.
        with contextlib.suppress(Exception):
            _end(world, lists, accounts, FAILED_PATIENCE_SECONDS, result)
        raise
    finally:
        load.stop()
    _end(world, lists, accounts, fault.recovery_seconds, result)
    waiting = lists.waiting_mails()
    assert result.lost or not waiting, f'{len(waiting)} mails still wait, such as {waiting[0]}'
    assert not load.refused, f'{len(load.refused)} refused, such as {load.refused[0]}'
    assert not load.wrong, f'{len(load.wrong)} answered wrongly, such as {load.wrong[0]}'
    assert not load.given_up, (
        f'{len(load.given_up)} never acknowledged, such as {load.given_up[0]}')
    assert not mail_server.without_id, (
        f'{len(mail_server.without_id)} mails without a Message-ID, such as that to '
        f'{mail_server.without_id[0]}')
    event_logs.check(system)
    fault.check(world, lists)


def _end(world, lists, accounts, patience, result):
    """Stops the load and judges all contacts."""
    world.load.stop()
    result.acknowledged = len(world.load.acknowledged)
    result.failures = world.load.failures()
    _judge_all(world, lists, accounts, patience, result)


def _recover(world, lists, patience):
    """How long it takes from now until all is well again."""
    end = time.monotonic()

    def is_well():
        acknowledged = world.load.snapshot()
        # All from before, and of each thread the first one since.
        waited_for = [created for created in acknowledged if created.time <= end]
        since = {}
        for created in acknowledged:
            if created.time > end:
                since.setdefault(created.thread, created)
        waited_for += since.values()
        _find_done(world, lists, [c for c in waited_for if c.id not in world.done])
        left = [created.email for created in waited_for if created.id not in world.done]
        missing = world.load.threads - len(since)
        assert not left and not missing, (
            f'not recovered after {patience} seconds: {len(left)} contacts are not done, such as '
            f'{left[:3]}, and {missing} threads had none acknowledged')
        assert answered(world.system.is_well), (
            f'not recovered after {patience} seconds: a process does not serve')
        return True

    eventually(is_well, patience)
    return time.monotonic() - end


def _find_done(world, lists, waiting):
    """Adds those of the waiting contacts that have come to their end to `world.done`."""
    by_account = collections.defaultdict(list)
    for created in waiting:
        by_account[created.account_id].append(created)
    for account_id, of_account in by_account.items():
        states = collections.defaultdict(list)
        for invitation in answered(lists.invitations, account_id):
            states[invitation['contactId']].append(invitation['state'])
        world.done.update(
            created.id for created in of_account
            if is_done(created, states[created.id], world.mail_server.received,
                       world.mail_server.refused))


def _judge_all(world, lists, accounts, patience, result):
    """Judges all contacts once nothing is lost and no mail waits, or the patience is over.

    By then all that is to come has come, also what comes twice.
    """
    def verdict():
        return judge(
            world.load.snapshot(),
            [contact for account in accounts for contact in answered(lists.contacts, account)],
            [found for account in accounts for found in answered(lists.invitations, account)],
            *world.mail_server.snapshot())

    with contextlib.suppress(AssertionError):
        eventually(lambda: not verdict().lost and not answered(lists.waiting_mails), patience)
    final = verdict()
    result.lost, result.doubled, result.repeated = final.lost, final.doubled, final.repeated
    result.judged = True


def answered(request, *arguments):
    """The answer of a request, which fails as an assertion while the system is not back."""
    try:
        return request(*arguments)
    except (ApiError, OSError, http.client.HTTPException) as error:
        raise AssertionError(f'{type(error).__name__}: {error}') from error


def _keep(system, fault):
    """Keeps the state folder of a system that failed, for whoever looks into it."""
    target = tempfile.mkdtemp(prefix=f'portico-fault-{fault.name}-')
    for folder in (system.state, *fault.folders()):
        # The processes still run, and may remove a file before it is copied: the rest is kept.
        with contextlib.suppress(OSError):
            shutil.copytree(folder, target, dirs_exist_ok=True)
    print(f'{fault.name}: the state folder is kept as {target}', file=sys.stderr)
