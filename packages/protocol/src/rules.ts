/** The few JSON Schema keywords that the messages use: what they ask of a value, and how to say it to a person. */

export interface Rules {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly const?: unknown;
  readonly anyOf?: readonly Rules[];
  readonly properties?: Readonly<Record<string, Rules>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Rules | true;
  readonly items?: Rules;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** Whether `value` itself is as expected; what it holds is judged apart. */
export function isOfKind(rules: Rules, value: unknown): boolean {
  if (rules.const !== undefined) return value === rules.const;
  switch (rules.type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value) && isWithin(value.length, rules.minItems, rules.maxItems);
    case 'string':
      return typeof value === 'string' && isStringWithin(rules, value);
    case 'integer':
      return Number.isInteger(value) && isNumberWithin(rules, value as number);
    case 'number':
      return Number.isFinite(value) && isNumberWithin(rules, value as number);
    case 'null':
      return value === null;
    default:
      return typeof value === rules.type;
  }
}

function isStringWithin({ pattern, minLength, maxLength }: Rules, text: string): boolean {
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return false;
  if (minLength === undefined && maxLength === undefined) return true;
  return isWithin([...text].length, minLength, maxLength); // JSON Schema counts code points
}

function isNumberWithin(
  { minimum, exclusiveMinimum = Number.NEGATIVE_INFINITY, maximum }: Rules,
  number: number,
): boolean {
  return number > exclusiveMinimum && isWithin(number, minimum, maximum);
}

function isWithin(
  number: number,
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
): boolean {
  return number >= minimum && number <= maximum;
}

/** What is expected, as in "a whole number from 0 to 255 or null". */
export function describeRules(rules: Rules): string {
  if (rules.anyOf !== undefined) return describeUnion(rules.anyOf);
  if (rules.const !== undefined) return JSON.stringify(rules.const);
  switch (rules.type) {
    case 'integer':
      return `a whole number${describeRange(rules)}`;
    case 'number':
      return `a number${describeRange(rules)}`;
    case 'string':
      return `a string${describeString(rules)}`;
    case 'array':
      return `an array${describeSize('items', rules.minItems, rules.maxItems)}`;
    case 'object':
      return 'an object';
    case 'null':
      return 'null';
    default:
      return `a ${rules.type}`;
  }
}

function describeUnion(branches: readonly Rules[]): string {
  const words = branches.every((branch) => branch.const !== undefined);
  return words
    ? `one of ${branches.map(describeRules).join(', ')}`
    : branches.map(describeRules).join(' or ');
}

function describeString({ pattern, minLength, maxLength }: Rules): string {
  return pattern === undefined ? describeSize('characters', minLength, maxLength) : ` like ${pattern}`;
}

function describeRange({ minimum, exclusiveMinimum, maximum }: Rules): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return '';
  return maximum === undefined ? ` from ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function describeSize(unit: string, minimum = 0, maximum = Number.POSITIVE_INFINITY): string {
  if (minimum === maximum) return ` of ${maximum} ${unit}`;
  if (maximum === Number.POSITIVE_INFINITY) return '';
  return minimum === 0 ? ` of at most ${maximum} ${unit}` : ` of ${minimum} to ${maximum} ${unit}`;
}
