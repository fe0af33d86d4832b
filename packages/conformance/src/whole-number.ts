/** Reads an option that is a count or a duration. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError(`Expected a whole number above 0, got ${text}.`);
  return Number(text);
}
