"""What tools/run does once Python is there: build, start, load the sample, stay."""

import argparse
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import time

import databases
import http_api
import sample
from processes import PROCESSES, SERVICES, Died, System, describe

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = [f'portico-{name}' for name in PROCESSES] + ['portico']


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog='tools/run', description='Installs what is missing, builds, and runs the five '
        'processes with a sample company until Ctrl-C.')
    parser.add_argument('--state', metavar='DIR', type=pathlib.Path, default=ROOT / 'var',
                        help='folder for databases, keys, mail, logs and run.env (default: var)')
    parser.add_argument('--port', metavar='N', type=int,
                        help='port of the gateway; the services take N+1 to N+4 '
                        '(default: 8080, and 7101 to 7104)')
    parser.add_argument('--smtp', metavar='URL',
                        help='smtp:// or smtps:// server for mail (default: a maildir in the state)')
    parser.add_argument('--database-url-template', metavar='URL',
                        help="such as 'postgresql://…/portico_{service}'; databases that are "
                        'missing are made (default: SQLite files in the state)')
    parser.add_argument('--events', metavar='URL', default='embedded',
                        help='how events travel (default: embedded)')
    parser.add_argument('--no-sample', action='store_true', help='load no sample company')
    parser.add_argument('--no-install', action='store_true', help='install no packages')
    parser.add_argument('--programs', metavar='DIR', type=pathlib.Path,
                        help='run the programs of this folder and build none')
    arguments = parser.parse_args()
    if '{service}' not in (arguments.database_url_template or '{service}'):
        parser.error('--database-url-template: want {service} in it, a database for each')
    return arguments


def build():
    subprocess.run(['cmake', '--preset', 'release', '--log-level=WARNING'], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(['cmake', '--build', '--preset', 'release', '--target', *PROGRAMS], cwd=ROOT,
                   check=True)
    return ROOT / 'build/release/bin'


def ports_from(gateway_port):
    if gateway_port is None:
        return dict(zip(PROCESSES, (7101, 7102, 7103, 7104, 8080)))
    ports = {name: gateway_port + offset for offset, name in enumerate(SERVICES, start=1)}
    return {**ports, 'gateway': gateway_port}


def lock(state):
    """Holds the state folder for this process alone, as long as it lives."""
    state.mkdir(parents=True, exist_ok=True)
    held = open(state / 'run.lock', 'w')
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f'tools/run: another one runs on {state}')
    return held


def write_environment(system, token):
    lines = {'PORTICO_GATEWAY_URL': system.url, 'PORTICO_TOKEN': token, **system.addresses(),
             **{f'PORTICO_PID_{name.upper()}': process.pid
                for name, process in system.running.items()}}
    path = system.state / 'run.env'
    partial = path.with_suffix('.partial')
    # It holds a token, so it is for its owner only.
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.writelines(f'{key}={value}\n' for key, value in lines.items())
    partial.rename(path)


def announce(system, token):
    for name in SERVICES:
        print(f'{name:13} {system.address(name)}')
    print(f'{"gateway":13} {system.url}\n{"state":13} {system.state}\n'
          f'{"staff token":13} {token}\nready', flush=True)


def serve(system, with_sample):
    """Starts all and stays until a signal raises Stopped."""
    if system.database_url_template.startswith(('postgresql:', 'postgres:')):
        databases.make_missing(system.database_url_template)
    system.make_keys()
    system.start()
    system.wait_ready()
    token = system.token('all', '--ttl', '12h')
    api = http_api.Api(system.url, token)
    if with_sample:
        contact = sample.load(api)
        sample.show_invitation(api, contact, system.mail)
    write_environment(system, token)
    announce(system, token)
    while True:
        system.check_alive()
        time.sleep(0.2)


class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


def raise_stopped(signal_number, frame):
    raise Stopped


def main():
    arguments = parse_arguments()
    held = lock(arguments.state)
    signal.signal(signal.SIGINT, raise_stopped)
    signal.signal(signal.SIGTERM, raise_stopped)
    system = None
    failure = None
    try:
        system = System(arguments.programs or build(), arguments.state, ports_from(arguments.port),
                        arguments.smtp, arguments.database_url_template, arguments.events)
        serve(system, not arguments.no_sample)
    except Stopped:
        pass
    except subprocess.CalledProcessError as error:
        failure = f'{error.cmd[0]} failed'
    except (Died, OSError, databases.NoDatabase, http_api.ApiError) as error:
        failure = str(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if failure:
        print(f'tools/run: {failure}', file=sys.stderr)
    codes = system.stop() if system else {}
    for name, code in codes.items():
        if code != 0:
            print(f'tools/run: {name} did not stop cleanly: {describe(code)}', file=sys.stderr)
    held.close()
    return 1 if failure or any(codes.values()) else 0


if __name__ == '__main__':
    sys.exit(main())
