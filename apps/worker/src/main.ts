#!/usr/bin/env node
/** The worker's command line: reads what is asked, opens what it names, tells every fault of that, and runs. */
import { destination, pino } from 'pino';
import { readConfig } from './config.js';
import { reportConfig } from './config-report.js';
import { askDoctor } from './doctor.js';
import { hostFilesOf } from './host-files.js';
import { TokenRegister } from './io/auth.js';
import { chooseContainment } from './io/containment/choose-containment.js';
import { HealthListenError } from './io/health-listener.js';
import { closeInheritedFds } from './io/inherited-fds.js';
import { findSocketFaults, listenFault } from './io/listen-target.js';
import { StateDirectory } from './io/state-directory.js';
import { helpText } from './options.js';
import { readSecrets } from './secret-files.js';
import { makeToken, TOKEN_USAGE } from './token-command.js';
import { describeVersion } from './version.js';
import { runWorker } from './worker-run.js';

const USAGE_FAULT = 2;
const OWN_FAULT = 1;

let isUnsaid = false;
// Whoever read it may have gone (EPIPE), and a worker that serves serves on. An answer that is lost otherwise is no success.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  isUnsaid = true;
  process.exitCode ||= failWith([`stdout: ${message}`]);
});

let hasEnded = false;
// Where nothing is left that could wake it, Node ends with 0, whatever main still waits for.
process.once('exit', (exitCode) => {
  if (hasEnded || exitCode !== 0) return;
  process.stderr.write(
    'sandcrew-worker: this is a fault of the worker itself: it waited for what never came\n',
  );
  process.exitCode = OWN_FAULT;
});

// No `await` here: the binary is CommonJS, which has none at its top.
void main(process.argv.slice(2)).then((exitCode) => {
  hasEnded = true;
  process.exitCode = exitCode || (isUnsaid ? USAGE_FAULT : 0);
});

async function main(argv: readonly string[]): Promise<number> {
  if (process.platform === 'win32') {
    return failWith([
      'the worker does not run on Windows: it needs POSIX processes. Run it on Linux, macOS or in WSL 2; protocol and manager run here',
    ]);
  }
  if (argv[0] === 'token') {
    if (asksForHelp(argv)) return show(`Usage: ${TOKEN_USAGE}\n`);
    const fault = makeToken(argv.slice(1));
    return fault === null ? 0 : failWith([fault]);
  }
  closeInheritedFds();
  if (argv[0] === 'doctor') {
    if (asksForHelp(argv)) return show(helpText());
    const { exitCode, report, faults } = await askDoctor(argv.slice(1), process.env);
    process.stdout.write(report);
    return faults.length > 0 ? failWith(faults) : exitCode;
  }
  const reading = readConfig(argv, process.env);
  if (reading.kind === 'show') return show(reading.what === 'help' ? helpText() : describeVersion());
  if (reading.kind === 'print')
    return show(`${JSON.stringify(reportConfig(reading.config, reading.given), null, 2)}\n`);
  const { config } = reading;
  const containment = await chooseContainment(config.containment, hostFilesOf(config));
  const { tokens, tls } = readSecrets(config, containment.ok ? containment.adapter : null);
  const faults = [
    ...(reading.kind === 'fault' ? reading.faults : []),
    ...(tokens instanceof TokenRegister
      ? []
      : tokens.map((fault) => `--token-file ${config.tokenFile}: ${fault}`)),
    ...(Array.isArray(tls) ? tls : []),
    ...(containment.ok ? [] : [containment.fault]),
    ...(await findSocketFaults(config.listen)),
  ];
  const isGood =
    reading.kind === 'run' && tokens instanceof TokenRegister && !Array.isArray(tls) && containment.ok;
  if (!isGood || faults.length > 0) return failWith(faults);

  const log = pino(
    { level: config.logLevel, base: { workerId: config.workerId } },
    destination({ fd: 2, sync: true }),
  );
  for (const message of reading.warnings) log.warn({ event: 'configuration', message });
  if (containment.warning !== null)
    log.warn({ event: 'containment', containment: containment.adapter.level, message: containment.warning });
  if (config.insecurePlaintext !== null)
    log.warn({ event: 'insecure_plaintext', reason: config.insecurePlaintext });

  let state: StateDirectory;
  try {
    state = await StateDirectory.take(config.stateDir);
  } catch (error) {
    return failWith([`--state-dir: ${(error as Error).message}`]);
  }
  try {
    await runWorker(config, { tokens, tls, containment: containment.adapter, state, log });
    return 0;
  } catch (error) {
    if (error instanceof HealthListenError) return failWith([error.message]);
    const fault = error as NodeJS.ErrnoException;
    return failWith([listenFault(fault, config.listen) ?? fault.message]);
  } finally {
    await state.release();
  }
}

function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes('--help') || argv.includes('-h');
}

function show(text: string): number {
  process.stdout.write(text);
  return 0;
}

function failWith(faults: readonly string[]): number {
  for (const fault of faults) process.stderr.write(`sandcrew-worker: ${fault}\n`);
  return USAGE_FAULT;
}
