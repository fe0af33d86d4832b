/** What a page says of our own programs between its sentences and in its blocks: command lines, options, npm scripts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPages, ROOT } from './fenced-blocks.js';

/** A command line of ours, up to what a shell makes of the rest. */
export interface OwnLine {
  readonly page: string;
  readonly program: string;
  /** Subcommands and options, with their values. */
  readonly words: readonly string[];
}

/** Inline code, and each line of a block of commands. */
interface PageCode {
  readonly page: string;
  readonly code: string;
}

const BLOCK = /^\s*```(\S*)\n([\s\S]*?)^\s*```/gm;
/** Behind it another command may begin. */
const SEPARATOR = /\$\(|[|;&()]|\s--(?:\s|$)/;
const OWN =
  /^\s*(?:\w+=\S*\s+)*(?:(sandcrew(?:-worker|-mcp|-conformance)?)(?:-linux-x64)?|node "?\S*apps\/(cli|worker|mcp)\/dist\/main\.js"?|npx (?:-y )?@sandcrew\/(mcp|conformance))(?:\s+(.*))?$/;
/** A comment, or where input and output go. */
const REST = /(?:^|\s)(?:#|\d?[<>]).*$/;

export function readOwnLines(): OwnLine[] {
  return readCode().flatMap(({ page, code }) =>
    code.split(SEPARATOR).flatMap((segment) => {
      const [whole, name, file, published, rest = ''] = OWN.exec(segment.replace(REST, '')) ?? [];
      if (whole === undefined) return [];
      const words = rest.split(/\s+/).filter((word) => word !== '');
      return [{ page, program: name ?? programOf(file ?? published ?? ''), words }];
    }),
  );
}

/** Every `--option`, whosesoever it is. */
export function readOptions(): { page: string; option: string }[] {
  return matchesOf(/(?<![\w-])--([a-z][a-z0-9-]*)/g).map(({ page, word }) => ({ page, option: word }));
}

/** Every script that npm is asked for. */
export function readScripts(): { page: string; script: string }[] {
  return matchesOf(/\bnpm run (?:-s )?([a-z][\w:-]*)/g).map(({ page, word }) => ({ page, script: word }));
}

function matchesOf(pattern: RegExp): { page: string; word: string }[] {
  return readCode().flatMap(({ page, code }) =>
    [...code.matchAll(pattern)].map(([, word = '']) => ({ page, word })),
  );
}

function programOf(name: string): string {
  return name === 'cli' ? 'sandcrew' : `sandcrew-${name}`;
}

function readCode(): readonly PageCode[] {
  return listPages().flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const inline = [...text.replace(BLOCK, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
    const lines = [...text.matchAll(BLOCK)].flatMap(([, language = '', block = '']) =>
      linesOf(language, block.replaceAll('\\\n', ' ')),
    );
    return [...inline, ...lines].map((code) => ({ page, code }));
  });
}

/** Of a text only what stands behind a prompt. */
function linesOf(language: string, block: string): string[] {
  const lines = block.split('\n');
  if (language === 'sh') return lines;
  return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
}
