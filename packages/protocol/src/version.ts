/** The revision of the wire that this package speaks, and the numbers and close codes both sides rely on. */

/** `welcome.protocol`. The major part is the subprotocol's; the minor part grows when fields are added. */
export const PROTOCOL_VERSION = '1.0';

/** `Sec-WebSocket-Protocol` of this major version. */
export const SUBPROTOCOL = 'sandcrew.v1';

/** The largest WebSocket message that either side accepts, bytes. Larger ones close with 1009. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/** The most fragments of one message. More close with 1008. */
export const MAX_FRAGMENTS = 64;

/** The deepest nesting of arrays and objects in a text frame; deeper ones are refused before they are parsed. */
export const MAX_JSON_DEPTH = 32;

/** How far past a task's last ack a worker sends, raw bytes (the credit window). */
export const WINDOW_BYTES = 1_048_576;

/** The most raw bytes in one chunk of output. */
export const MAX_CHUNK_BYTES = 65_536;

/** The most input of one task that its command has not taken, bytes. More is refused with `input_full`. */
export const MAX_PENDING_INPUT_BYTES = 1_048_576;

/** Both sides send a WebSocket ping at this pace, milliseconds. */
export const PING_INTERVAL_MS = 10_000;

/** A peer from which no byte came for so long is dropped, milliseconds. */
export const PEER_SILENCE_MS = 20_000;

/** So many malformed frames within `MALFORMED_WINDOW_MS` close with 1008. */
export const MAX_MALFORMED_FRAMES = 100;

/** For how long a malformed frame counts, milliseconds. */
export const MALFORMED_WINDOW_MS = 60_000;

/** WebSocket close codes and what each says. */
export const CLOSE_CODES = {
  /** The side that closes is done. */
  normal: 1000,
  /** The side that closes shuts down. */
  goingAway: 1001,
  /** A binary frame was sent to a worker. */
  unsupportedData: 1003,
  /** Too many fragments, or too many malformed frames. */
  policyViolation: 1008,
  /** A message over `MAX_PAYLOAD_BYTES`. */
  messageTooBig: 1009,
  /** A newer connection with the same `managerId` took over. */
  replaced: 4001,
  /** The `managerId` belongs to a token of another name. */
  managerIdTaken: 4003,
} as const;
