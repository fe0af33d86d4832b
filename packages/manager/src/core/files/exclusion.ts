/** What a transfer leaves out: patterns of names, here and as the worker's `tar` takes them. */

/** Whether a path, or a directory above it, is left out. */
export type IsExcluded = (path: string) => boolean;

/**
 * In a pattern `*` is any characters but `/`, `?` is one of them, and everything else itself. Without a `/` it is the
 * name of a file or directory anywhere; with one, a path from the root of what is moved. What a directory holds goes with it.
 */
export function compileExclusion(patterns: readonly string[]): IsExcluded {
  const rules = patterns.map((pattern) => {
    const path = withoutEnds(pattern);
    const words = path
      .split(/([*?])/)
      .map((word) => WILDCARDS[word] ?? word.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
      .join('');
    return new RegExp(`${isAnchored(pattern) ? '^' : '(?:^|/)'}${words}(?:/|$)`);
  });
  return (path) => rules.some((rule) => rule.test(path));
}

const WILDCARDS: Readonly<Record<string, string>> = { '*': '[^/]*', '?': '[^/]' };

/** The same for GNU tar, so that it does not send what is then left out. */
export function tarExclusions(patterns: readonly string[]): string[] {
  const options = patterns.flatMap((pattern) => {
    const path = withoutEnds(pattern).replace(/[\\[\]]/g, '\\$&');
    return isAnchored(pattern)
      ? ['--anchored', `--exclude=./${path}`]
      : ['--no-anchored', `--exclude=${path}`];
  });
  return ['--wildcards', '--no-wildcards-match-slash', ...options];
}

function isAnchored(pattern: string): boolean {
  return pattern.replace(/\/+$/, '').includes('/');
}

/** `/build`, `./build` and `build/` mean `build`. */
function withoutEnds(pattern: string): string {
  return pattern.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}
