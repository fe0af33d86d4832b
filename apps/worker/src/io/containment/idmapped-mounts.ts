/**
 * Shows directories of root to another user as if they were its own, files' owners on disk unchanged (idmapped mounts,
 * Linux 5.12). They stand in a mount namespace that one process holds, over the directories themselves: the host does not
 * see them, nothing that removes a directory on the host can walk into one, and a worker's death takes them down.
 */
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import type { TaskUser } from '../../core/containment/bubblewrap-arguments.js';
import { spawnProcess } from '../spawn.js';

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_CHARS = 1_000;

/**
 * Takes lines `UID GID PATH`, answers each with `done` or `fault WHY`, and ends with its stdin. The calls have no
 * wrapper on today's hosts (mount(8) has learned them in util-linux 2.39), and perl-base is on every Debian. Root's numbers
 * change places with the task's, and all others stay as they are. Constants: linux/mount.h, linux/sched.h, linux/fcntl.h.
 */
const HOLDER = String.raw`
use strict; use warnings; no warnings 'portable';
my $unshare = $ARGV[0] eq 'x64' ? 272 : 97;
$| = 1;
sub user_namespace {
  my %id = (uid => $_[0], gid => $_[1]);
  pipe(my $from, my $to) or die "pipe: $!\n";
  my $pid = fork() // die "fork: $!\n";
  if ($pid == 0) { syswrite $to, syscall($unshare, 0x10000000) == 0 ? 'y' : "no user namespace: $!"; sleep 60; exit }
  close $to; sysread $from, my $said, 200;
  my $space;
  eval {
    die "$said\n" if $said ne 'y';
    for my $kind ('uid', 'gid') {
      my ($n, $rest) = ($id{$kind}, 4294967294 - $id{$kind});
      open my $map, '>', "/proc/$pid/$kind" . '_map' or die "$kind: $!\n";
      syswrite $map, "0 $n 1\n1 1 @{[$n - 1]}\n$n 0 1\n@{[$n + 1]} @{[$n + 1]} $rest\n" or die "$kind: $!\n";
    }
    open $space, '<', "/proc/$pid/ns/user" or die "user namespace: $!\n";
  };
  my $fault = $@; kill 9, $pid; waitpid $pid, 0; die $fault if $fault;
  return $space;
}
while (my $line = <STDIN>) {
  chomp $line;
  my ($uid, $gid, $path) = split / /, $line, 3;
  eval {
    my ($none, $here) = ('', -100);
    my $tree = syscall(428, $here, $path, 1 | 02000000 | 0x8000);
    die "open_tree: $!\n" if $tree < 0;
    my $space = user_namespace($uid, $gid);
    my $attributes = pack 'Q4', 0x100000, 0, 0, fileno $space;
    die "mount_setattr: $!\n" if syscall(442, $tree, $none, 0x1000 | 0x8000, $attributes, 32) != 0;
    die "move_mount: $!\n" if syscall(429, $tree, $none, $here, $path, 4) != 0;
  };
  print $@ ? "fault $@" : "done\n";
}`;

export interface MountTools {
  readonly unshare: string;
  readonly nsenter: string;
  readonly perl: string;
}

export class IdmappedMounts {
  readonly #tools: MountTools;
  #holder: ChildProcess | null = null;
  /** By device and file number, so that a directory that was made again is mapped again. */
  readonly #mapped = new Map<string, Promise<void>>();
  readonly #answers: ((answer: string) => void)[] = [];

  constructor(tools: MountTools) {
    this.#tools = tools;
  }

  /** The argv in front of a program that shall see what was mapped. */
  get entry(): string[] {
    return [this.#tools.nsenter, `--mount=/proc/${this.#holder?.pid}/ns/mnt`, '--'];
  }

  /** Settles when root's files in `directory` are this user's in the namespace; once for each directory. @throws {Error} why they cannot be */
  map(directory: string, user: TaskUser): Promise<void> {
    const { dev, ino, birthtimeNs } = statSync(directory, { bigint: true }); // a file number may be given again at once
    const key = `${dev} ${ino} ${birthtimeNs} ${directory}`;
    let mapped = this.#mapped.get(key);
    if (mapped === undefined) {
      mapped = this.#ask(`${user.uid} ${user.gid} ${directory}`);
      this.#mapped.set(key, mapped);
      mapped.catch(() => this.#mapped.delete(key));
    }
    return mapped;
  }

  close(): void {
    this.#holder?.stdin?.end();
  }

  async #ask(line: string): Promise<void> {
    if (line.includes('\n')) throw new Error('a line break in its name');
    this.#holder ??= this.#hold();
    const holder = this.#holder;
    const timer = setTimeout(() => holder.kill('SIGKILL'), ANSWER_TIMEOUT_MS); // its end is an answer
    const answer = await new Promise<string>((resolve) => {
      this.#answers.push(resolve);
      holder.stdin?.write(`${line}\n`);
    });
    clearTimeout(timer);
    if (answer !== 'done') throw new Error(answer.replace(/^fault /, ''));
  }

  #hold(): ChildProcess {
    const { unshare, perl } = this.#tools;
    // Mounts of the host go on arriving in it, and none of its own leave.
    const args = ['--mount', '--propagation', 'slave', perl, '-e', HOLDER, process.arch];
    const holder = spawnProcess(unshare, args, {
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    let unread = '';
    holder.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = (lines.pop() ?? '').slice(0, MAX_ANSWER_CHARS);
      for (const line of lines) this.#answers.shift()?.(line);
    });
    const lose = (why: string) => {
      for (const answer of this.#answers.splice(0)) answer(why);
      this.#mapped.clear();
      if (this.#holder === holder) this.#holder = null;
    };
    holder.on('error', (error) => lose(error.message));
    holder.on('exit', (code, signal) => lose(`the holder of mounts ended (${signal ?? `exit ${code}`})`));
    holder.stdin?.on('error', () => {});
    holder.unref();
    for (const stream of [holder.stdin, holder.stdout]) (stream as unknown as { unref(): void })?.unref();
    return holder;
  }
}
