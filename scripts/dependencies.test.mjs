import { expect, test } from '@jest/globals';
import { faultsOf, justifiedBy, packagesOf } from './dependencies.mjs';

const bundle = `
// ../../node_modules/.pnpm/ws@8.0.0/node_modules/ws/lib/a.js
var a = 1; // node_modules/no/such
// ../../node_modules/.pnpm/@pinojs+redact@0.4.0/node_modules/@pinojs/redact/index.js
// build/main.js
`;

test('what a bundle holds and nobody justified is named, and what it does not hold', () => {
  const shipped = packagesOf(bundle);
  expect([...shipped]).toEqual(['ws', '@pinojs/redact']);
  const page =
    '| `before` | it |\n## Dependencies of the worker\n| package | why |\n|---|---|\n| `ws` | it |\n| `gone` | it |\n| `bare` |  |\n';
  expect(faultsOf(shipped, justifiedBy(page))).toEqual([
    expect.stringMatching(/holds @pinojs\/redact: say in the table/),
    expect.stringMatching(/justifies gone, which the worker does not have/),
  ]);
});
