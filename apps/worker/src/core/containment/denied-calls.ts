/** The system calls that a contained task may not make, with what they would be good for to it. */

export type Machine = 'x64' | 'arm64';

/** By errno: EPERM where a program copes with being refused, ENOSYS where it then tries an older way. */
export type Refusal = 'EPERM' | 'ENOSYS' | 'EAFNOSUPPORT';

/** Refused only where an argument (of 32 bits) is so: it has one of the bits, is one of the values, or is none of them. */
export type ArgumentTest =
  | { readonly argument: number; readonly hasBits: number }
  | { readonly argument: number; readonly isOneOf: readonly number[] }
  | { readonly argument: number; readonly isNoneOf: readonly number[] };

export interface DeniedCall {
  readonly name: string;
  /** Its numbers (unistd.h of each machine); null where it has none. */
  readonly numbers: Readonly<Record<Machine, number | null>>;
  readonly refusal: Refusal;
  readonly when?: ArgumentTest;
  readonly reason: string;
}

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET, of linux/sched.h. clone cannot make a time namespace. */
const NEW_NAMESPACES = 0x7e02_0000;
/** S_ISUID and S_ISGID: on disk a file may belong to root, and elsewhere it is mounted without nosuid. */
const SET_ID_BITS = 0o6000;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const TIOCSETD = 0x5423;
/** PER_LINUX, PER_LINUX32, UNAME26 with both, ADDR_NO_RANDOMIZE (a debugger's), and the question which one it is. */
const PERSONALITIES = [0, 0x8, 0x2_0000, 0x2_0008, 0x4_0000, 0xffff_ffff];
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const FAMILIES = [1, 2, 10, 16];

const MOUNTS = 'mounts could show what is hidden, or hide what is looked at';
const NAMESPACES = 'in a namespace of its own a task has capabilities, and reaches more of the kernel';
const HANDLES = 'a file handle names a file without its path, also one that is hidden';
const SURFACE = 'seldom needed, and often where the kernel was broken';
const KEYS = 'keys are kept by user, beyond namespaces';
const MODULES = 'it is the kernel itself that would be changed';
const HOST = 'it is the host’s';
const SET_ID = 'a set-id file would give its owner to whoever runs it on the host';
const TERMINALS =
  'it types on a terminal as if someone sat there, or gives it a line discipline, which loads seldom needed modules of the kernel';

export const DENIED_CALLS: readonly DeniedCall[] = [
  ...deny(MOUNTS, {
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    chroot: [161, 51],
    open_tree: [428, 428],
    move_mount: [429, 429],
    fsopen: [430, 430],
    fsconfig: [431, 431],
    fsmount: [432, 432],
    fspick: [433, 433],
    mount_setattr: [442, 442],
    open_tree_attr: [467, 467],
  }),
  ...deny(NAMESPACES, { unshare: [272, 97], setns: [308, 268] }),
  call('clone', [56, 220], 'EPERM', NAMESPACES, { argument: 0, hasBits: NEW_NAMESPACES }),
  call(
    'clone3',
    [435, 435],
    'ENOSYS',
    `${NAMESPACES}; its flags are out of a filter’s sight, and libc then uses clone`,
  ),
  ...deny(HANDLES, { name_to_handle_at: [303, 264], open_by_handle_at: [304, 265] }),
  ...deny(KEYS, { add_key: [248, 217], request_key: [249, 218], keyctl: [250, 219] }),
  ...deny(SURFACE, {
    bpf: [321, 280],
    perf_event_open: [298, 241],
    userfaultfd: [323, 282],
    lookup_dcookie: [212, 18],
    modify_ldt: [154, null],
    move_pages: [279, 239],
    mbind: [237, 235],
    set_mempolicy: [238, 237],
    migrate_pages: [256, 238],
    nfsservctl: [180, 42],
    uselib: [134, null],
    ustat: [136, null],
    sysfs: [139, null],
    _sysctl: [156, null],
  }),
  ...deny(
    SURFACE,
    { io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427] },
    'ENOSYS',
  ),
  ...deny(MODULES, {
    init_module: [175, 105],
    finit_module: [313, 273],
    delete_module: [176, 106],
    create_module: [174, null],
    kexec_load: [246, 104],
    kexec_file_load: [320, 294],
    iopl: [172, null],
    ioperm: [173, null],
  }),
  ...deny(HOST, {
    reboot: [169, 142],
    swapon: [167, 224],
    swapoff: [168, 225],
    acct: [163, 89],
    quotactl: [179, 60],
    quotactl_fd: [443, 443],
    syslog: [103, 116],
    settimeofday: [164, 170],
    clock_settime: [227, 112],
    clock_adjtime: [305, 266],
    adjtimex: [159, 171],
    sethostname: [170, 161],
    setdomainname: [171, 162],
    vhangup: [153, 58],
    fanotify_init: [300, 262],
  }),
  call('personality', [135, 92], 'EPERM', 'some personalities switch protections off', {
    argument: 0,
    isNoneOf: PERSONALITIES,
  }),
  call('ioctl', [16, 29], 'EPERM', TERMINALS, { argument: 1, isOneOf: [TIOCSTI, TIOCLINUX, TIOCSETD] }),
  call('socket', [41, 198], 'EAFNOSUPPORT', SURFACE, { argument: 0, isNoneOf: FAMILIES }),
  call('socketpair', [53, 199], 'EAFNOSUPPORT', SURFACE, { argument: 0, isNoneOf: FAMILIES }),
  call('chmod', [90, null], 'EPERM', SET_ID, { argument: 1, hasBits: SET_ID_BITS }),
  call('fchmod', [91, 52], 'EPERM', SET_ID, { argument: 1, hasBits: SET_ID_BITS }),
  call('fchmodat', [268, 53], 'EPERM', SET_ID, { argument: 2, hasBits: SET_ID_BITS }),
  call('fchmodat2', [452, 452], 'EPERM', SET_ID, { argument: 2, hasBits: SET_ID_BITS }),
  call('open', [2, null], 'EPERM', SET_ID, { argument: 2, hasBits: SET_ID_BITS }),
  call('openat', [257, 56], 'EPERM', SET_ID, { argument: 3, hasBits: SET_ID_BITS }),
  call(
    'openat2',
    [437, 437],
    'ENOSYS',
    `${SET_ID}; its mode is out of a filter’s sight, and programs then use openat`,
  ),
  call('creat', [85, null], 'EPERM', SET_ID, { argument: 1, hasBits: SET_ID_BITS }),
  call('mkdir', [83, null], 'EPERM', SET_ID, { argument: 1, hasBits: SET_ID_BITS }),
  call('mkdirat', [258, 34], 'EPERM', SET_ID, { argument: 2, hasBits: SET_ID_BITS }),
  call('mknod', [133, null], 'EPERM', SET_ID, { argument: 1, hasBits: SET_ID_BITS }),
  call('mknodat', [259, 33], 'EPERM', SET_ID, { argument: 2, hasBits: SET_ID_BITS }),
];

type Numbers = readonly [x64: number, arm64: number | null];

function call(
  name: string,
  [x64, arm64]: Numbers,
  refusal: Refusal,
  reason: string,
  when?: ArgumentTest,
): DeniedCall {
  return { name, numbers: { x64, arm64 }, refusal, reason, ...(when === undefined ? {} : { when }) };
}

function deny(reason: string, calls: Record<string, Numbers>, refusal: Refusal = 'EPERM'): DeniedCall[] {
  return Object.entries(calls).map(([name, numbers]) => call(name, numbers, refusal, reason));
}
