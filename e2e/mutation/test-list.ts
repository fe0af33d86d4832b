/** The tests of one file, as its calls of `describe` and `test` list them; each can be run by itself, again and again. */
import { format } from 'node:util';
import { expect } from 'expect';

type Body = (...args: unknown[]) => unknown;

export interface ListedTest {
  readonly title: string;
  run(): Promise<void>;
}

interface Suite {
  readonly title: string;
  readonly outer: Suite | null;
  readonly hooks: Record<'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach', Body[]>;
  isBegun: boolean;
}

export class TestList {
  readonly tests: ListedTest[] = [];
  #suite = openSuite('', null);
  readonly #suites = [this.#suite];

  /** What `@jest/globals` gives, as far as the tests of the cores use it. */
  get globals(): object {
    const test = this.#tableOf((title, body) => this.#list(title, body));
    const describe = this.#tableOf((title, body) => {
      const outer = this.#suite;
      this.#suite = openSuite(`${outer.title} ${title}`, outer);
      this.#suites.push(this.#suite);
      body();
      this.#suite = outer;
    });
    const hook = (name: keyof Suite['hooks']) => (body: Body) => {
      this.#suite.hooks[name].push(body);
    };
    return {
      expect,
      describe,
      test,
      it: test,
      beforeAll: hook('beforeAll'),
      afterAll: hook('afterAll'),
      beforeEach: hook('beforeEach'),
      afterEach: hook('afterEach'),
    };
  }

  /** What `beforeAll` made is put away. */
  async end(): Promise<void> {
    for (const suite of this.#suites.reverse())
      if (suite.isBegun) for (const body of suite.hooks.afterAll) await body();
  }

  #list(title: string, body: Body): void {
    const suite = this.#suite;
    this.tests.push({
      title: `${suite.title} ${title}`.trim(),
      run: async () => {
        const outward = lineOf(suite);
        for (const each of [...outward].reverse()) {
          if (!each.isBegun) for (const before of each.hooks.beforeAll) await before();
          each.isBegun = true;
          for (const before of each.hooks.beforeEach) await before();
        }
        try {
          await body();
        } finally {
          for (const each of outward) for (const after of each.hooks.afterEach) await after();
        }
      },
    });
  }

  #tableOf(add: (title: string, body: Body) => void) {
    const each = (rows: readonly unknown[]) => (title: string, body: Body) => {
      for (const [index, row] of rows.entries()) {
        const values = Array.isArray(row) ? row : [row];
        add(`${format(title, ...values)} #${index}`, () => body(...values));
      }
    };
    const skipped = Object.assign(() => {}, { each: () => () => {} });
    return Object.assign((title: string, body: Body) => add(title, () => body()), { each, skip: skipped });
  }
}

function openSuite(title: string, outer: Suite | null): Suite {
  const hooks = { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
  return { title, outer, hooks, isBegun: false };
}

/** The suite and those around it, inside out. */
function lineOf(suite: Suite): Suite[] {
  return suite.outer === null ? [suite] : [suite, ...lineOf(suite.outer)];
}
