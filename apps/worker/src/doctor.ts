/** `sandcrew-worker doctor [--json] [OPTIONS]`: what this host allows, asked of the same parts that a start asks. */
import { release, type } from 'node:os';
import { readConfig, type WorkerConfig } from './config.js';
import { diagnose, type Finding, type HostFacts, isFit } from './core/diagnosis.js';
import { hostFilesOf } from './host-files.js';
import { TokenRegister } from './io/auth.js';
import { chooseContainment } from './io/containment/choose-containment.js';
import type { HostFiles } from './io/containment/host-files.js';
import {
  findListenFaults,
  findPrograms,
  findWaitsFault,
  isInContainer,
  lookAtDirectory,
  readCertificateDays,
  readCgroupVersion,
  readOpenFiles,
  readUserNamespaces,
} from './io/host-facts.js';
import { LimitKeeper } from './io/limits.js';
import { findSocketFaults } from './io/listen-target.js';
import { terminalFault } from './io/terminal.js';
import { readTlsFiles } from './io/tls-files.js';
import { VERSION } from './version.js';

/** Its report, and its exit code: 0 where a worker with these options starts, 1 where it does not, 2 for bad options. */
export interface DoctorAnswer {
  readonly exitCode: 0 | 1 | 2;
  readonly report: string;
  readonly faults: readonly string[];
}

export async function askDoctor(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<DoctorAnswer> {
  const isJson = argv.includes('--json');
  const options = argv.filter((word) => word !== '--json');
  const reading = readConfig(options, env, { needsToken: false });
  if (reading.kind === 'fault') return { exitCode: 2, report: '', faults: reading.faults };
  if (reading.kind !== 'run')
    return { exitCode: 2, report: '', faults: ['doctor takes the options of a worker, and --json'] };
  const findings = diagnose(await lookAround(reading.config));
  const host = {
    version: VERSION,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    isRoot: process.getuid?.() === 0,
  };
  const isReady = isFit(findings);
  const report = isJson
    ? `${JSON.stringify({ isFit: isReady, host, findings }, null, 2)}\n`
    : describe(host, reading.config.containment, findings);
  return { exitCode: isReady ? 0 : 1, report, faults: [] };
}

async function lookAround(config: WorkerConfig): Promise<HostFacts> {
  const { tokenFile, tls, listen, healthListen } = config;
  const named: { option: string; faults: readonly string[] }[] = [
    { option: 'listen', faults: [...(await findSocketFaults(listen)), ...(await listenFaultsOf(config))] },
  ];
  if (healthListen !== null)
    named.push({
      option: 'health-listen',
      faults: await findListenFaults(healthListen, '--health-listen'),
    });
  if (tokenFile !== '') {
    const tokens = TokenRegister.read(tokenFile);
    named.push({ option: 'token-file', faults: tokens instanceof TokenRegister ? [] : tokens });
  }
  if (tls !== null) {
    const files = readTlsFiles(tls);
    named.push({ option: 'tls-cert', faults: Array.isArray(files) ? files : [] });
  }
  const files = hostFilesOf(config);
  return {
    isRoot: process.getuid?.() === 0,
    isContainer: isInContainer(),
    asked: config.containment,
    levels: {
      bubblewrap: await faultOf('bubblewrap', files),
      'pid-namespace': await faultOf('pid-namespace', { ...files, shownReadOnly: [], shownWritable: [] }),
    },
    userNamespaces: readUserNamespaces(),
    programs: await findPrograms(),
    enforcedLimits: LimitKeeper.find().enforced,
    cgroupVersion: readCgroupVersion(),
    terminalFault: terminalFault(),
    waitsFault: await findWaitsFault(),
    openFiles: readOpenFiles(),
    stateDir: lookAtDirectory(config.stateDir),
    named,
    certificateDays: tls === null ? null : readCertificateDays(tls.cert),
  };
}

/** A socket's file that is in the way is told by `findSocketFaults`; trying it would remove nothing. */
async function listenFaultsOf({ listen }: WorkerConfig): Promise<string[]> {
  return listen.kind === 'unix' ? [] : findListenFaults(listen, '--listen');
}

async function faultOf(level: 'bubblewrap' | 'pid-namespace', files: HostFiles): Promise<string | null> {
  const choice = await chooseContainment(level, files);
  return choice.ok ? null : choice.fault.replace(/^--containment [a-z-]+: /, '');
}

function describe(
  host: { version: string; system: string; node: string; isRoot: boolean },
  asked: string,
  findings: readonly Finding[],
): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, state, found, remedy }) => {
    const line = `${state.padEnd(8)} ${name.padEnd(width)}  ${found}`;
    return remedy === null ? line : `${line}\n${' '.repeat(8)} ${' '.repeat(width)}  -> ${remedy}`;
  });
  const verdict = isFit(findings)
    ? `A worker with these options and --containment ${asked} starts here.`
    : 'A worker with these options does not start here: see "missing" above.';
  const who = host.isRoot ? 'root' : 'an ordinary user';
  return `sandcrew-worker ${host.version}, ${host.system}, Node ${host.node}, as ${who}\n\n${lines.join('\n')}\n\n${verdict}\n`;
}
