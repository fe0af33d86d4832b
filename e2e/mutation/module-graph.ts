/**
 * Modules that are loaded anew each time, so that one of them may be another: a mutant. What stands outside of some folders is
 * loaded once, by Node itself. Needs `--experimental-vm-modules` and `--experimental-import-meta-resolve`.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Module, SourceTextModule, SyntheticModule } from 'node:vm';

export class ModuleGraph {
  readonly #fresh: readonly string[];
  readonly #changed: ReadonlyMap<string, string>;
  readonly #given: Readonly<Record<string, object>>;
  readonly #modules = new Map<string, Promise<Module>>();

  /**
   * @param fresh folders, absolute.
   * @param changed sources of files that are not to be as they are, by absolute path.
   * @param given the exports of modules that are made up, by the name by which they are imported.
   */
  constructor(
    fresh: readonly string[],
    changed: ReadonlyMap<string, string>,
    given: Readonly<Record<string, object>>,
  ) {
    this.#fresh = fresh.map((folder) => pathToFileURL(`${folder}/`).href);
    this.#changed = changed;
    this.#given = given;
  }

  /** Evaluates a file and all that it imports. */
  async import(file: string): Promise<Record<string, unknown>> {
    const module = await this.#load(pathToFileURL(file).href);
    await module.link(async (specifier, from) => await this.#resolve(specifier, from.identifier));
    await module.evaluate();
    return module.namespace as Record<string, unknown>;
  }

  #resolve(specifier: string, from: string): Promise<Module> {
    const given = this.#given[specifier];
    if (given !== undefined) return this.#remember(specifier, async () => madeOf(specifier, given));
    return this.#load(import.meta.resolve(specifier, from));
  }

  #load(url: string): Promise<Module> {
    return this.#remember(url, async () => {
      if (!this.#fresh.some((folder) => url.startsWith(folder))) return madeOf(url, await import(url));
      const file = fileURLToPath(url);
      return new SourceTextModule(this.#changed.get(file) ?? readSource(file), {
        identifier: url,
        initializeImportMeta: (meta) => {
          meta.url = url;
        },
      });
    });
  }

  #remember(key: string, make: () => Promise<Module>): Promise<Module> {
    const known = this.#modules.get(key) ?? make();
    this.#modules.set(key, known);
    return known;
  }
}

function madeOf(identifier: string, exports: object): SyntheticModule {
  const entries = Object.entries(exports);
  const names = entries.map(([name]) => name);
  return new SyntheticModule(
    names,
    function (this: SyntheticModule) {
      for (const [name, value] of entries) this.setExport(name, value);
    },
    { identifier },
  );
}

const sources = new Map<string, string>();

/** Files do not change while mutants of them are tried. */
function readSource(file: string): string {
  const known = sources.get(file) ?? readFileSync(file, 'utf8');
  sources.set(file, known);
  return known;
}
