/**
 * Each line of the specification, the test that shows it, and the change of code that turns that test red.
 * `npm run test:requirements` makes each change in a copy, runs its test and wants it red.
 */
import { AGENT_TOOLS_REQUIREMENTS } from './requirements/agent-tools.js';
import { ATTACK_REQUIREMENTS } from './requirements/attacks.js';
import { BLOCK_REQUIREMENTS } from './requirements/blocks.js';
import { CLI_REQUIREMENTS } from './requirements/cli.js';
import { COMMAND_REQUIREMENTS } from './requirements/commands.js';
import { CONFINEMENT_REQUIREMENTS } from './requirements/confinement.js';
import { CONFORMANCE_REQUIREMENTS } from './requirements/conformance.js';
import { CONTAINMENT_REQUIREMENTS } from './requirements/containment.js';
import { DECISION_REQUIREMENTS } from './requirements/decisions.js';
import { DOCS_REQUIREMENTS, NEWCOMER_REQUIREMENTS } from './requirements/docs.js';
import { EDGE_REQUIREMENTS } from './requirements/edge.js';
import { EXECUTOR_REQUIREMENTS } from './requirements/executor.js';
import { FAULT_REQUIREMENTS } from './requirements/faults.js';
import { FILE_REQUIREMENTS } from './requirements/files.js';
import { MAIN_JOB_REQUIREMENTS } from './requirements/main-job.js';
import { MANAGER_REQUIREMENTS } from './requirements/manager.js';
import { OPERATION_REQUIREMENTS } from './requirements/operation.js';
import { RECOVERY_REQUIREMENTS } from './requirements/recovery.js';
import { RELEASE_REQUIREMENTS } from './requirements/releases.js';
import type { Requirement } from './requirements/requirement.js';
import { SCARCITY_REQUIREMENTS } from './requirements/scarcity.js';
import { SHIPPING_REQUIREMENTS } from './requirements/shipping.js';
import { SPEED_REQUIREMENTS } from './requirements/speed.js';
import { TELEMETRY_REQUIREMENTS } from './requirements/telemetry.js';
import { WIRE_REQUIREMENTS } from './requirements/wire.js';

export const REQUIREMENTS: readonly Requirement[] = [
  ...WIRE_REQUIREMENTS,
  ...MAIN_JOB_REQUIREMENTS,
  ...MANAGER_REQUIREMENTS,
  ...CLI_REQUIREMENTS,
  ...RECOVERY_REQUIREMENTS,
  ...BLOCK_REQUIREMENTS,
  ...CONTAINMENT_REQUIREMENTS,
  ...CONFINEMENT_REQUIREMENTS,
  ...ATTACK_REQUIREMENTS,
  ...OPERATION_REQUIREMENTS,
  ...RELEASE_REQUIREMENTS,
  ...SPEED_REQUIREMENTS,
  ...EDGE_REQUIREMENTS,
  ...FAULT_REQUIREMENTS,
  ...SCARCITY_REQUIREMENTS,
  ...EXECUTOR_REQUIREMENTS,
  ...COMMAND_REQUIREMENTS,
  ...FILE_REQUIREMENTS,
  ...AGENT_TOOLS_REQUIREMENTS,
  ...CONFORMANCE_REQUIREMENTS,
  ...TELEMETRY_REQUIREMENTS,
  ...DOCS_REQUIREMENTS,
  ...SHIPPING_REQUIREMENTS,
  ...NEWCOMER_REQUIREMENTS,
  ...DECISION_REQUIREMENTS,
];
