"""What the services' databases say of their events, when all is over."""

import collections

from harness.database import query
from harness.eventually import eventually
from processes import SERVICES

PARTS = 8
WHOLE = -1  # In the place of a part's number.
PATIENCE_SECONDS = 30
# The source of what each consumer follows.
SOURCES = {
    'contact.accounts': 'account',
    'contact.invitations': 'invitation',
    'contact.portal_users': 'registration',
    'invitation.accounts': 'account',
    'invitation.contacts': 'contact',
    'invitation.portal_users': 'registration',
    'registration.accounts': 'account',
    'registration.contacts': 'contact',
}


def check(system, patience=PATIENCE_SECONDS):
    """AssertionError unless each event has its place, and soon is applied by all its consumers."""
    urls = {service: system.environment(service)['PORTICO_DATABASE_URL'] for service in SERVICES}

    def is_well():
        ends = {service: _ends(url) for service, url in urls.items()}
        for service, url in urls.items():
            aside = query(url, 'select consumer, position, error from event_set_aside')
            assert not aside, (
                f'{len(aside)} events are set aside by the service {service}, such as {aside[0]}')
            cursors = _cursors(url)
            for consumer in [name for name in SOURCES if name.partition('.')[0] == service]:
                source = SOURCES[consumer]
                for part, end in ends[source].items():
                    place = max(cursors[consumer, WHOLE], cursors[consumer, part])
                    assert place >= end, (
                        f'{consumer} is at {place} of part {part} of the log of {source}, '
                        f'which ends at {end}')
        return True
    eventually(is_well, patience)


def part_of(partition):
    """As libs/events/part.cc has it: FNV-1a, 32 bits."""
    value = 2166136261
    for byte in partition.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value % PARTS


def _ends(url):
    """The last position of each part of a log that has events."""
    rows = query(url, 'select partition_key, coalesce(max(position), 0), '
                 'sum(case when position is null then 1 else 0 end), count(*) '
                 'from event_log group by partition_key')
    without = sum(int(row[2]) for row in rows)
    assert not without, f'{without} events have no position in the log of {url}'
    ends, count = collections.Counter(), 0
    for partition, position, _, of_partition in rows:
        part, count = part_of(partition), count + int(of_partition)
        ends[part] = max(ends[part], int(position))
    assert max(ends.values(), default=0) == count, (
        f'{url}: the log has {count} events and ends at {max(ends.values(), default=0)}')
    return ends


def _cursors(url):
    """How far each consumer has come, in the whole log and in the parts that it follows alone."""
    rows = query(url, f'select consumer, {WHOLE} as part, position from event_cursor '
                 'union all select consumer, part, position from event_part_cursor')
    cursors = collections.Counter()
    for consumer, part, position in rows:
        assert consumer in SOURCES, f'{consumer} is not known to {__name__}'
        cursors[consumer, int(part)] = int(position)
    return cursors
