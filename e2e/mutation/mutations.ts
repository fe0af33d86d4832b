/** The small faults that may be made in a source: each one edit that leaves it a program. It knows no file and no test. */
import { type AnyNode, type Node, parse } from 'acorn';

export interface Mutation {
  /** What kind of fault it is. */
  readonly kind: string;
  /** UTF-16 offsets of what is replaced. */
  readonly start: number;
  readonly end: number;
  readonly by: string;
  /**
   * What runs it runs this offset: of an operator between two operands, where the first begins, since the second may not run; of
   * `?.` too, since what follows does not run where there is nothing.
   */
  readonly reachedAt: number;
}

/** Each operator, and what is written in its place. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '??=': ['='],
  '++': ['--'],
  '--': ['++'],
};

/** Each method, and what is called in its place; `null`: nothing is, and what it was called on stands for its result. */
const METHODS: Readonly<Record<string, string | null>> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  filter: null,
  slice: null,
  sort: null,
  reverse: null,
  trim: null,
  toSorted: null,
  toReversed: null,
};

/** All of them, in the order of the source. @throws {SyntaxError} */
export function findMutations(source: string): Mutation[] {
  const found: Mutation[] = [];
  const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  visit(program, null, (node, parent) => {
    for (const [kind, start, end, by, reachedAt = start] of mutationsOf(node, parent, source)) {
      if (source.slice(start, end) !== by) found.push({ kind, start, end, by, reachedAt });
    }
  });
  return found.sort((one, other) => one.start - other.start || one.end - other.end);
}

export function mutate(source: string, { start, end, by }: Pick<Mutation, 'start' | 'end' | 'by'>): string {
  return source.slice(0, start) + by + source.slice(end);
}

type Edit = readonly [kind: string, start: number, end: number, by: string, reachedAt?: number];

function* mutationsOf(node: AnyNode, parent: AnyNode | null, source: string): Generator<Edit> {
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      yield ['condition', node.test.start, node.test.end, 'true'];
      yield ['condition', node.test.start, node.test.end, 'false'];
      return;
    case 'WhileStatement':
    case 'ForStatement':
      if (node.test != null) yield ['condition', node.test.start, node.test.end, 'false'];
      return;
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'AssignmentExpression':
      yield* operatorsOf(node, source);
      return;
    case 'UpdateExpression': {
      const at = node.prefix ? node.start : node.end - 2;
      for (const by of OPERATORS[node.operator] ?? []) yield ['operator', at, at + 2, by];
      return;
    }
    case 'UnaryExpression':
      if (node.operator === '!' || node.operator === '-') yield ['operator', node.start, node.start + 1, ''];
      return;
    case 'BlockStatement':
      if (node.body.length > 0 && parent?.type !== 'TryStatement')
        yield ['block', node.start, node.end, '{}'];
      return;
    case 'ExpressionStatement':
      if (node.expression.type === 'CallExpression' || node.expression.type === 'AssignmentExpression')
        yield ['statement', node.start, node.end, ';'];
      return;
    case 'CallExpression':
      yield* methodOf(node, source);
      return;
    case 'MemberExpression':
      if (node.optional) {
        const at = source.indexOf('?.', node.object.end);
        yield ['optional', at, at + 2, node.computed ? '' : '.', node.start];
      }
      return;
    case 'ArrayExpression':
      if (node.elements.length > 0) yield ['list', node.start, node.end, '[]'];
      return;
    case 'Literal':
      yield* literalOf(node, parent);
      return;
  }
}

function* operatorsOf(
  node: Extract<AnyNode, { type: 'BinaryExpression' | 'LogicalExpression' | 'AssignmentExpression' }>,
  source: string,
): Generator<Edit> {
  // Texts are put together, and cannot be taken apart.
  if ((node.operator === '+' || node.operator === '+=') && (isText(node.left) || isText(node.right))) return;
  const at = source.indexOf(node.operator, node.left.end);
  for (const by of OPERATORS[node.operator] ?? [])
    yield ['operator', at, at + node.operator.length, by, node.start];
}

function* methodOf(
  { callee, end }: Extract<AnyNode, { type: 'CallExpression' }>,
  source: string,
): Generator<Edit> {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.computed) return;
  const { name, start, end: nameEnd } = callee.property;
  if (!Object.hasOwn(METHODS, name)) return;
  const other = METHODS[name];
  const dot = source.lastIndexOf('.', start);
  if (other != null) yield ['method', start, nameEnd, other];
  else yield ['method', source[dot - 1] === '?' ? dot - 1 : dot, end, ''];
}

/** A text with a space is for people: how it is worded is held by nobody. One without is a word of the machine. */
function* literalOf(node: Extract<AnyNode, { type: 'Literal' }>, parent: AnyNode | null): Generator<Edit> {
  if (typeof node.value === 'boolean') yield ['literal', node.start, node.end, String(!node.value)];
  if (typeof node.value !== 'string' || node.value === '' || /\s/.test(node.value)) return;
  const isName = parent?.type === 'Property' && parent.key === node;
  if (!isName && !parent?.type.startsWith('Import') && !parent?.type.startsWith('Export'))
    yield ['literal', node.start, node.end, "''"];
}

function isText(node: Node): boolean {
  const { type, value } = node as AnyNode & { value?: unknown };
  return type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');
}

function visit(node: Node, parent: Node | null, see: (node: AnyNode, parent: AnyNode | null) => void): void {
  see(node as AnyNode, parent as AnyNode | null);
  for (const child of Object.values(node) as unknown[]) {
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) visit(each, node, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
