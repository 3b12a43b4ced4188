// A consumer of Portico's events that is not part of Portico, as an example:
//
//   node consumer.mjs --server nats://127.0.0.1:4222 --source contact --state contact.json
//
// It prints each event as a line of JSON and keeps in the state file how far it has come, so that
// it goes on from there when it is started again. What is written down together with the effect
// of an event is applied once; this one prints first, so a crash may print an event again.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect, DeliverPolicy } from 'nats';
import protobuf from 'protobufjs';

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: 'nats://127.0.0.1:4222' },
    source: { type: 'string', default: 'contact' },
    state: { type: 'string', default: 'state.json' },
    // Folders of .proto files besides Portico's own.
    include: { type: 'string', multiple: true, default: [] },
    // Ends after so many events.
    count: { type: 'string', default: 'Infinity' },
  },
});

// Portico's protos, which say what an event and its payload are.
const folders = [path.resolve(fileURLToPath(import.meta.url), '../../../../protos'),
                 ...options.include];
const types = new protobuf.Root();
types.resolvePath = (origin, target) =>
  folders.map((folder) => path.join(folder, target)).find(fs.existsSync) ?? target;
await types.load([
  'portico/events/v1/events.proto', `portico/${options.source}/v1/${options.source}_events.proto`]);
const Event = types.lookupType('portico.events.v1.Event');

// How far it has come: the stream's sequence number, and the position in each part of the log.
const state = fs.existsSync(options.state)
  ? JSON.parse(fs.readFileSync(options.state, 'utf8'))
  : { sequence: 0, positions: {} };

const connection = await connect({ servers: options.server });
// A stream that was lost and filled again may be shorter than it was: it is read from its begin, and
// positions tell what has come before.
const { state: stream } = await (await connection.jetstreamManager()).streams.info(
  `portico-${options.source}`);
if (state.sequence > stream.last_seq) state.sequence = 0;

const consumer = await connection.jetstream().consumers.get(`portico-${options.source}`, {
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: state.sequence + 1,
});

let left = Number(options.count);
for await (const message of await consumer.consume()) {
  const event = Event.decode(message.data);
  const [, , part] = message.subject.split('.');
  const [position, previous] = [Number(event.position), Number(event.previousPosition)];
  const known = state.positions[part] ?? 0;
  if (position > known) {
    // Whoever must not miss anything reads what is missing from the service's own log, by
    // portico.events.v1.EventService/WatchEvents after the last position.
    if (previous > known) console.error(`events ${known + 1} to ${previous} are missing`);
    const payload = types.lookupType(event.type);
    console.log(JSON.stringify({
      position, id: event.id, type: event.type, subject: event.subject,
      partition: event.partition,
      data: payload.toObject(payload.decode(event.data.value), { enums: String, longs: Number }),
    }));
    state.positions[part] = position;
  }
  // A lower position: the stream was lost, and is filled again from the log.
  state.sequence = message.seq;
  fs.writeFileSync(`${options.state}.new`, JSON.stringify(state));
  fs.renameSync(`${options.state}.new`, options.state);
  if (--left === 0) break;
}
await connection.close();
