"""How fast events travel: a whole log into an empty projection, and onto NATS."""

import contextlib
import time

from harness.nats import NatsServer


def replay(system):
    """The contact service's log, from its first event, into an empty database of the invitation
    service: how many events a second are applied, and what that takes of memory. The
    process starts in that time, which a log of a thousand events shows.

    No contact is invited, so for each event that service publishes one, its decision.
    """
    end = system.log_end('contact')
    system.stop_cleanly('invitation')
    kept = system.process_settings.get('invitation', {})
    system.process_settings['invitation'] = {
        **kept, 'PORTICO_DATABASE_URL': system.engine.empty_database(system.state)}
    try:
        begun, resident = time.monotonic(), []
        system.start('invitation')
        system.wait_ready('invitation')
        while system.log_end('invitation') < end:
            resident.append(system.resident_mib()['invitation'])
            time.sleep(0.2)
        seconds = time.monotonic() - begun
        resident.append(system.resident_mib()['invitation'])
    finally:
        system.stop_cleanly('invitation')
        system.process_settings['invitation'] = kept
    system.start('invitation')
    system.wait_ready('invitation')
    tenth = max(1, len(resident) // 10)
    return {'events': end, 'seconds': seconds, 'rate': end / seconds,
            # Once it has come into its stride, and the most.
            'resident_mib': {'early': max(resident[:tenth]), 'most': max(resident)}}


def relay(system):
    """The contact service's log onto a NATS server that has nothing of it."""
    end = system.log_end('contact')
    name = 'portico_event_relay_position{source="contact"}'
    begun = time.monotonic()
    while system.metric('contact', name) < end:
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    return {'events': end, 'seconds': seconds, 'rate': end / seconds}


def all_ways(system):
    """Replays as the system is, then relays all to NATS and replays from there."""
    figures = {'embedded': replay(system)}
    with contextlib.closing(NatsServer()) as nats:
        _restart(system, nats.url, 'contact')
        figures['relay'] = relay(system)
        system.wait_ready()
        figures['nats'] = replay(system)
        _restart(system, 'embedded')
    system.wait_quiet()
    return figures


def _restart(system, events_url, *first):
    """Restarts all with other events, and waits for `first` of them, or for all."""
    system.stop_cleanly()
    system.events_url = events_url
    system.start()
    system.wait_ready(*first)
