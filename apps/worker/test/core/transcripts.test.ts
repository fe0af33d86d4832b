/** The stories of the wire. `UPDATE_TRANSCRIPTS=1` writes down what the worker does, for a person to judge. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { play, readStories, type Story } from './transcript.js';

const DIRECTORY = new URL('../../test/core/transcripts/', import.meta.url);

describe.each(readdirSync(DIRECTORY).sort())('%s', (name) => {
  const path = new URL(name, DIRECTORY);
  const stories = readStories(readFileSync(path, 'utf8'));
  if (process.env.UPDATE_TRANSCRIPTS !== undefined)
    writeFileSync(path, `${stories.map(write).join('\n\n')}\n`);

  test.each(stories)('$title', (story) => {
    expect(play(story)).toEqual(story.blocks.map(({ expected }) => expected));
  });
});

function write(story: Story): string {
  const did = play(story);
  const policy = Object.entries(story.policy).map(([name, value]) => ` ${name}=${value}`);
  const blocks = story.blocks.map(({ happens }, index) =>
    [...happens, '----', ...(did[index] ?? [])].join('\n'),
  );
  return [
    `# ${story.title}`,
    ...(policy.length > 0 ? [`policy${policy.join('')}`] : []),
    blocks.join('\n\n'),
  ].join('\n');
}
