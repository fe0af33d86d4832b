/** The messages as one JSON Schema, for validators of any language. */
import { MANAGER_MESSAGES, SUBPROTOCOL, WORKER_MESSAGES } from '../dist/index.js';

export function jsonSchema() {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:${SUBPROTOCOL.replace('.', ':')}`,
    title: 'Sandcrew protocol v1: the text frames between a manager and a worker',
    description: 'Fields that are not declared are ignored by receivers and not sent by senders.',
    oneOf: [reference('managerMessage'), reference('workerMessage')],
    $defs: {
      managerMessage: oneOf('What a manager sends.', MANAGER_MESSAGES),
      workerMessage: oneOf('What a worker sends.', WORKER_MESSAGES),
      ...definitions('Manager to worker', MANAGER_MESSAGES),
      ...definitions('Worker to manager', WORKER_MESSAGES),
    },
  };
}

function oneOf(description, messages) {
  return { description, oneOf: Object.keys(messages).map(reference) };
}

function definitions(direction, messages) {
  return Object.fromEntries(
    Object.entries(messages).map(([type, { description, answeredBy, ...schema }]) => {
      const answer = answeredBy === undefined ? '' : ` Answered by ${answeredBy}.`;
      return [type, { description: `${direction}. ${description}${answer}`, ...schema }];
    }),
  );
}

function reference(name) {
  return { $ref: `#/$defs/${name}` };
}
