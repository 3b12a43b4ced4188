"""Every fault there is."""

from faults import clock, disk_full, peer_away
from faults.bulk_clock import BulkClock
from faults.bulk_disk_full import BulkDiskFull
from faults.bulk_kill import BulkKill
from faults.bulk_replica_kill import BulkReplicaKill
from faults.connections import Connections
from faults.engines_kill import EnginesKill
from faults.freeze import Freeze
from faults.garbage import Garbage
from faults.kill import Kill, KillAll
from faults.nats_kill import NatsKill
from faults.nats_stream_deleted import NatsStreamDeleted
from faults.none import NoFault
from faults.postgres_connections import PostgresConnections
from faults.postgres_restart import PostgresRestart
from faults.replica_cut_off import ReplicaCutOff
from faults.replica_kill import ReplicaKill
from faults.smtp_away import SmtpAway
from faults.smtp_chaos import SmtpChaos

# In the order of the table. The first is the baseline.
ALL = (
    NoFault(),
    Kill(),
    KillAll(),
    Freeze(),
    SmtpAway(),
    SmtpChaos(),
    peer_away.ACCOUNT,
    peer_away.CONTACT,
    peer_away.INVITATION,
    peer_away.REGISTRATION,
    clock.ALL,
    clock.CONTACT,
    clock.INVITATION,
    disk_full.CONTACT,
    disk_full.INVITATION,
    disk_full.RESTART,
    Connections(),
    Garbage(),
    BulkKill(),
    BulkDiskFull(),
    BulkClock(),
    EnginesKill(),
    PostgresRestart(),
    PostgresConnections(),
    NatsKill(),
    NatsStreamDeleted(),
    ReplicaKill(),
    ReplicaCutOff(),
    BulkReplicaKill(),
)
