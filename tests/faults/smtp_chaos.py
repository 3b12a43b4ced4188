"""The mail server drops connections, delays, and answers 4xx and 5xx at random."""

import asyncio
import collections
import random
import time

from faults.fault import Fault, Form
from faults.mail_server import Temper, drop
from harness.eventually import eventually

# What may befall an attempt, and how likely that is.
TROUBLES = {
    'none': 60, 'delay': 10,
    'drop before DATA': 4, 'drop in DATA': 4, 'drop after DATA': 4,
    '450 at RCPT': 4, '421 at RCPT': 2, '451 after DATA': 4,
    '550 at RCPT': 3, '554 at RCPT': 2, '554 after DATA': 2,
}
# The service rightly lets a mail rest longer after each refusal; a server that refuses the
# same one forever is not mended.
MOST_FOR_EACH = 2
# How many addresses of each kind are tried again at the end.
TRIED_AGAIN = 5
BOUNCED, FAILED = 'INVITATION_STATE_BOUNCED', 'INVITATION_STATE_FAILED'
SUPPRESSED = 'DECISION_REASON_EMAIL_SUPPRESSED'


class SmtpChaos(Fault):
    name = 'smtp-chaos'
    short = Form(rounds=1, seconds=4)
    long = Form(rounds=2, seconds=60)
    recovery_seconds = 120  # A mail refused for now twice rests for half a minute.

    def __init__(self):
        self._befell = collections.Counter()

    def inflict(self, world):
        chaos = Chaos(world.random.randrange(1 << 32), self._befell)
        world.mail_server.temper = chaos
        try:
            time.sleep(world.form.seconds)
        finally:
            world.mail_server.temper = Temper()

    def check(self, world, lists):
        """An address that bounced is not written to again, and only such a one."""
        befell = self._befell.keys() - {'none'}
        assert befell, 'none of the troubles befell a mail'
        if world.form == self.long:
            assert befell == TROUBLES.keys() - {'none'}, f'only these befell mails: {befell}'
        _, refused = world.mail_server.snapshot()
        for state in (BOUNCED, FAILED):
            for address in [a for a in refused if refused[a] == state][:TRIED_AGAIN]:
                reason = self._next_decision(world.system.api, world.load.account_id, address)
                assert (reason == SUPPRESSED) == (state == BOUNCED), f'{address}: {state}, {reason}'

    def _next_decision(self, api, account_id, address):
        """The reason of the decision on another contact with the address."""
        contact = api.post('/v1/contacts', {
            'accountId': account_id, 'name': {'display': 'Jane Doe'}, 'email': address})

        def decided():
            response = api.request('GET', f'/v1/contacts/{contact["id"]}/decision')
            return response.json if response.status == 200 else None
        return eventually(decided)['reason']


class Chaos(Temper):
    """The trouble of each attempt follows from the seed, in whatever order they come."""

    def __init__(self, seed, befell, troubles=TROUBLES, most_for_each=MOST_FOR_EACH):
        """Counts in `befell` how many attempts each trouble befell."""
        self._seed = seed
        self._befell = befell
        self._troubles = troubles
        self._most_for_each = most_for_each
        self._attempts = collections.Counter()
        self._trouble = {}  # Of the attempt under way, by address.

    async def at_rcpt(self, mail_server, connection, address):
        self._attempts[address] += 1
        trouble = 'none'
        if self._attempts[address] <= self._most_for_each:
            chance = random.Random(f'{self._seed} {address} {self._attempts[address]}')
            trouble, = chance.choices(list(self._troubles), self._troubles.values())
            if trouble == 'delay':
                await asyncio.sleep(chance.uniform(0.1, 2))
        self._trouble[address] = trouble
        self._befell[trouble] += 1
        if trouble == 'drop before DATA':
            await drop(connection)
        if trouble == '450 at RCPT':
            return '450 4.2.1 mailbox busy'
        if trouble == '421 at RCPT':
            connection.loop.call_soon(connection.transport.close)
            return '421 4.3.2 closing'
        if trouble == '550 at RCPT':
            return mail_server.refuse(address, BOUNCED, '550 5.1.1 no such user')
        if trouble == '554 at RCPT':
            return mail_server.refuse(address, FAILED, '554 5.7.1 not from you')
        return None

    async def at_data(self, mail_server, connection, address):
        trouble = self._trouble.get(address)
        if trouble == 'drop in DATA':
            await drop(connection)
        if trouble == '451 after DATA':
            return '451 4.3.0 try again'
        if trouble == '554 after DATA':
            return mail_server.refuse(address, FAILED, '554 5.6.0 not like this')
        return None

    async def after_data(self, mail_server, connection, address):
        if self._trouble.get(address) == 'drop after DATA':
            await drop(connection)
        return None
