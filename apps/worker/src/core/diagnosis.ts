/** What a host lacks for a worker, what that costs, and how to get it. It reads facts; who gathered them it does not know. */

/** What was found on a host. Null stands for what this host does not have, or does not tell. */
export interface HostFacts {
  readonly isRoot: boolean;
  readonly isContainer: boolean;
  /** What `--containment` asks for. */
  readonly asked: 'auto' | 'bubblewrap' | 'pid-namespace' | 'process-group';
  /** Why a level cannot be had here, as its own probe tells it; null where it works. */
  readonly levels: Readonly<Record<'bubblewrap' | 'pid-namespace', string | null>>;
  readonly userNamespaces: {
    readonly max: number | null;
    /** Debian's switch. */
    readonly unprivilegedClone: number | null;
    /** Ubuntu's, since 23.10. */
    readonly apparmorRestricts: number | null;
  };
  /** Programs by name: where they are. */
  readonly programs: Readonly<Record<string, string | null>>;
  /** Limits that a task can be held to. */
  readonly enforcedLimits: readonly string[];
  readonly cgroupVersion: 1 | 2 | null;
  /** Why there are no terminals; null where there are. */
  readonly terminalFault: string | null;
  /** Why the waits of a process of one's own cannot be read; null where they can. */
  readonly waitsFault: string | null;
  readonly openFiles: { readonly soft: number; readonly hard: number } | null;
  readonly stateDir: {
    readonly path: string;
    readonly fault: string | null;
    readonly freeBytes: number | null;
  };
  /** Faults of what the options name: by option, in sentences. */
  readonly named: readonly { readonly option: string; readonly faults: readonly string[] }[];
  /** Days until the certificate is void; null where there is none. */
  readonly certificateDays: number | null;
}

export interface Finding {
  readonly name: string;
  /** `missing`: the worker does not start, or cannot do what it was asked to. `weaker`: it runs, and does less. */
  readonly state: 'ok' | 'weaker' | 'missing';
  readonly found: string;
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null;
}

/** Less room than this and tasks soon fail for it, bytes. */
const LITTLE_ROOM_BYTES = 1_073_741_824;
/** A task takes about eight descriptors, and a connection one. */
const FEW_FILES = 1_024;
const SOON_DAYS = 14;

export function diagnose(facts: HostFacts): Finding[] {
  return [
    ...judgeContainment(facts),
    ...judgePrograms(facts),
    judgeLimits(facts),
    judgeWaits(facts),
    judgeTerminals(facts),
    judgeFiles(facts),
    judgeStateDir(facts),
    ...facts.named.map(({ option, faults }) =>
      faults.length === 0 ? ok(`--${option}`, 'good') : missing(`--${option}`, faults.join('; '), null),
    ),
    ...judgeCertificate(facts),
  ];
}

/** Whether a worker starts here with what it was asked for. */
export function isFit(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'missing');
}

function judgeContainment(facts: HostFacts): Finding[] {
  const { asked, levels } = facts;
  return (['bubblewrap', 'pid-namespace'] as const).map((level) => {
    const name = `containment ${level}`;
    const fault = levels[level];
    if (fault === null) return ok(name, 'works');
    const remedy = remedyOf(level, facts);
    return asked === level ? missing(name, fault, remedy) : weaker(name, fault, remedy);
  });
}

function remedyOf(level: 'bubblewrap' | 'pid-namespace', facts: HostFacts): string {
  const { programs, userNamespaces, isRoot, isContainer } = facts;
  if (level === 'bubblewrap' && programs['bwrap'] === null)
    return 'install bubblewrap: apt-get install bubblewrap, dnf install bubblewrap or apk add bubblewrap';
  if (level === 'pid-namespace' && (programs['unshare'] === null || programs['setpriv'] === null))
    return 'install util-linux, which has unshare and setpriv';
  if (userNamespaces.max === 0) return 'allow user namespaces: sysctl -w user.max_user_namespaces=15000';
  if (!isRoot && userNamespaces.unprivilegedClone === 0)
    return 'allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1';
  if (!isRoot && userNamespaces.apparmorRestricts === 1)
    return 'give bwrap and unshare an AppArmor profile with "userns,", or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  if (isContainer)
    return 'let the container make namespaces: see "In a container" in docs/operations.md for what its runtime has to allow';
  return 'run it as root or allow user namespaces; docs/troubleshooting.md has the cases';
}

/** What every level needs beside the kernel, and who brings it. */
const NEEDED = {
  mkfifo: 'coreutils',
  bash: 'bash',
  sh: 'dash',
  setsid: 'util-linux',
  env: 'coreutils',
} as const;
const WANTED = { stty: ['coreutils', 'prompts for passwords are not told from others'] } as const;

function judgePrograms({ programs }: HostFacts): Finding[] {
  const gone = Object.entries(NEEDED).filter(([program]) => programs[program] === null);
  const less = Object.entries(WANTED).filter(([program]) => programs[program] === null);
  return [
    gone.length === 0
      ? ok('programs', Object.keys(NEEDED).join(', '))
      : missing(
          'programs',
          `no ${gone.map(([program]) => program).join(', ')}`,
          `install ${[...new Set(gone.map(([, owner]) => owner))].join(', ')}`,
        ),
    ...less.map(([program, [owner, cost]]) => weaker(program, `there is none: ${cost}`, `install ${owner}`)),
  ];
}

function judgeLimits({ enforcedLimits, cgroupVersion, isRoot, isContainer }: HostFacts): Finding {
  const all = ['memoryBytes', 'pids', 'cpus'];
  const lacking = all.filter((limit) => !enforcedLimits.includes(limit));
  if (lacking.length === 0)
    return ok('limits', `${all.join(', ')} (control groups, version ${cgroupVersion})`);
  const where =
    cgroupVersion === null ? 'no control groups here' : `control groups, version ${cgroupVersion}`;
  const found = `tasks that ask for ${lacking.join(', ')} are refused (${where})`;
  if (isContainer) return weaker('limits', found, 'mount /sys/fs/cgroup writable in the container');
  if (!isRoot)
    return weaker(
      'limits',
      found,
      'delegate a control group: Delegate=yes in its systemd unit, as deploy/sandcrew-worker.service has it',
    );
  if (cgroupVersion === 2) {
    const alone = 'start it alone in a group: as a systemd unit, or by systemd-run --scope -p Delegate=yes';
    return weaker('limits', found, alone);
  }
  return weaker('limits', found, 'mount the control groups: mount -t cgroup2 none /sys/fs/cgroup');
}

function judgeWaits({ waitsFault }: HostFacts): Finding {
  return waitsFault === null
    ? ok('block detection', 'what a process waits for can be read')
    : weaker(
        'block detection',
        `it is blind: ${waitsFault}`,
        'mount /proc without hidepid, and set kernel.yama.ptrace_scope to 0 or 1',
      );
}

function judgeTerminals({ terminalFault }: HostFacts): Finding {
  return terminalFault === null
    ? ok('terminals', 'can be had')
    : weaker('terminals', terminalFault, 'tasks that ask for a terminal (pty) are refused until then');
}

function judgeFiles({ openFiles }: HostFacts): Finding {
  if (openFiles === null || openFiles.soft >= FEW_FILES)
    return ok('open files', openFiles === null ? 'not told here' : String(openFiles.soft));
  return weaker('open files', `${openFiles.soft} at once`, 'raise it: ulimit -n 65536, or LimitNOFILE=65536');
}

function judgeStateDir({ stateDir: { path, fault, freeBytes } }: HostFacts): Finding {
  if (fault !== null)
    return missing('--state-dir', `${path}: ${fault}`, 'name another, or let its user write there');
  if (freeBytes !== null && freeBytes < LITTLE_ROOM_BYTES)
    return weaker(
      '--state-dir',
      `${path} has ${mebibytes(freeBytes)} MiB free`,
      'make room, or name another',
    );
  return ok('--state-dir', freeBytes === null ? path : `${path}, ${mebibytes(freeBytes)} MiB free`);
}

function judgeCertificate({ certificateDays }: HostFacts): Finding[] {
  if (certificateDays === null) return [];
  if (certificateDays < 0)
    return [
      missing('certificate', `void for ${-certificateDays} days`, 'renew it, and start the worker again'),
    ];
  const found = `good for ${certificateDays} days`;
  return [
    certificateDays < SOON_DAYS ? weaker('certificate', found, 'renew it soon') : ok('certificate', found),
  ];
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}

function ok(name: string, found: string): Finding {
  return { name, state: 'ok', found, remedy: null };
}

function weaker(name: string, found: string, remedy: string | null): Finding {
  return { name, state: 'weaker', found, remedy };
}

function missing(name: string, found: string, remedy: string | null): Finding {
  return { name, state: 'missing', found, remedy };
}
