import Type, { type Static } from 'typebox';
import { Timestamp, WorkerId } from './fields.js';
import { PingId } from './ping.js';

/** Worker -> manager: answers `ping`. */
export const Pong = Type.Object(
  {
    type: Type.Literal('pong'),
    id: Type.Optional(PingId),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Answers `ping`.' },
);
export type Pong = Static<typeof Pong>;
