/** README.ko.md is a translation: what is run, linked and tabled in it is what README.md has. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), 'utf8');

/** Blocks between fences, each with its language. */
function blocksOf(text: string): string[] {
  return [...text.matchAll(/^```(\w+\n[\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target).sort();
}

/** Inline code outside of the blocks. */
function wordsOf(text: string): string[] {
  const prose = text.replace(/^```\w+\n[\s\S]*?^```$/gm, '');
  return [...new Set([...prose.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word))].sort();
}

test('its commands and what they print are those of README.md, in the same order', async () => {
  const [english, korean] = [await read('README.md'), await read('README.ko.md')];
  expect(blocksOf(english).length).toBeGreaterThan(5);
  expect(blocksOf(korean)).toEqual(blocksOf(english));
});

test('it has the same sections, links and names, and says which commit it follows', async () => {
  const [english, korean] = [await read('README.md'), await read('README.ko.md')];
  const [, commit = ''] = /커밋 `([0-9a-f]{7,40})`/.exec(korean) ?? [];
  expect(commit).not.toBe('');
  expect(korean.match(/^## /gm)?.length).toBe(english.match(/^## /gm)?.length);
  expect(korean.match(/^\|/gm)?.length).toBe(english.match(/^\|/gm)?.length);
  expect(linksOf(korean).filter((target) => target !== 'README.md')).toEqual(
    linksOf(english).filter((target) => target !== 'README.ko.md'),
  );
  expect(wordsOf(korean).filter((word) => word !== commit)).toEqual(wordsOf(english));
});
