import Type, { type Static } from 'typebox';
import { Timestamp } from './fields.js';

export const PingId = Type.String({
  maxLength: 128,
  description: 'Chosen by the asker; the answer bears it.',
});

/** Manager -> worker: are you there? */
export const Ping = Type.Object(
  { type: Type.Literal('ping'), id: Type.Optional(PingId), timestamp: Timestamp },
  { description: 'Asks for a sign of life.', answeredBy: '`pong` with the same `id`' },
);
export type Ping = Static<typeof Ping>;
