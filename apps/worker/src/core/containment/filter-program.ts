/**
 * Writes a seccomp filter: a program of classic BPF (linux/filter.h) that the kernel runs at each system call of a task,
 * on its number and arguments (struct seccomp_data: nr at 0, arch at 4, six arguments of 64 bits from 16 on).
 */
import type { ArgumentTest, DeniedCall, Machine, Refusal } from './denied-calls.js';

const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_GREATER_EQUAL = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const JUMP_ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K

const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const FAIL = 0x0005_0000; // SECCOMP_RET_ERRNO, with the errno in its low bits

const NUMBER_AT = 0;
const MACHINE_AT = 4;
const ARGUMENTS_AT = 16;

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64, linux/audit.h. Both are little-endian: an argument's low half comes first. */
const MACHINE_WORD: Readonly<Record<Machine, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
/** Numbers from here on are x86's second ABI (x32), which would be a way around every number below. */
const X32_NUMBERS = 0x4000_0000;
const ERRNO: Readonly<Record<Refusal, number>> = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };

interface Instruction {
  readonly code: number;
  /** How many instructions to skip where the test holds, and where not. */
  readonly skipIf?: number;
  readonly skipElse?: number;
  readonly value: number;
}

/** The filter's bytes for a machine: calls of the table fail as it says, those of another architecture end the process. */
export function writeFilterProgram(denied: readonly DeniedCall[], machine: Machine): Uint8Array {
  const program: Instruction[] = [
    { code: LOAD, value: MACHINE_AT },
    { code: JUMP_EQUAL, skipIf: 1, value: MACHINE_WORD[machine] },
    { code: RETURN, value: KILL_PROCESS },
    { code: LOAD, value: NUMBER_AT },
  ];
  if (machine === 'x64') {
    program.push(
      { code: JUMP_GREATER_EQUAL, skipElse: 1, value: X32_NUMBERS },
      { code: RETURN, value: KILL_PROCESS },
    );
  }
  for (const { numbers, refusal, when } of denied) {
    const number = numbers[machine];
    if (number === null) continue;
    const body = writeRefusal(FAIL | ERRNO[refusal], when);
    program.push({ code: JUMP_EQUAL, skipElse: body.length, value: number }, ...body);
  }
  program.push({ code: RETURN, value: ALLOW });
  return encode(program);
}

/** What happens at a call whose number was met. Without a test it is refused; else the rest of the table is for others, and it is allowed. */
function writeRefusal(refusal: number, test: ArgumentTest | undefined): Instruction[] {
  if (test === undefined) return [{ code: RETURN, value: refusal }];
  const load = { code: LOAD, value: ARGUMENTS_AT + 8 * test.argument };
  const refuse = { code: RETURN, value: refusal };
  const allow = { code: RETURN, value: ALLOW };
  if ('hasBits' in test)
    return [load, { code: JUMP_ANY_BIT, skipElse: 1, value: test.hasBits }, refuse, allow];
  const [values, met, unmet] =
    'isOneOf' in test ? [test.isOneOf, refuse, allow] : [test.isNoneOf, allow, refuse];
  const tests = values.map((value, index) => ({
    code: JUMP_EQUAL,
    skipIf: values.length - index,
    value,
  }));
  return [load, ...tests, unmet, met];
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(program.length * 8)); // struct sock_filter
  for (const [index, { code, skipIf = 0, skipElse = 0, value }] of program.entries()) {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, skipIf);
    bytes.setUint8(index * 8 + 3, skipElse);
    bytes.setUint32(index * 8 + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
