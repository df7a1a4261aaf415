import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Ended, isEmulated, runNode } from './child';
import { target } from './target';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Of the build under test. */
const directory = dirname(
  process.env['GREENIFY_ADDON'] ?? join(root, 'build', `abi-${target}`, 'Release/greenify.node'),
);

export const nodeMajor = Number(process.versions.node.split('.')[0]);

/** The addon as it is shipped, and the one whose answers GREENIFY_UNANSWERED leaves out. */
export const addons = {
  release: join(directory, 'greenify.node'),
  hazards: join(directory, 'greenify_hazards.node'),
};

export interface HazardScript {
  /** In test/fixtures/scripts/hazards. */
  script: string;
  args?: string[];
  flags?: string[];
}

/** Runs a script with one build of the addon; `unanswered` is a name of native/green/hazard.h. */
export function runWith(
  addon: keyof typeof addons,
  { script, args = [], flags = [] }: HazardScript,
  unanswered = '',
): Promise<Ended> {
  const path = join(root, 'test/fixtures/scripts/hazards', script);
  const env = { GREENIFY_ADDON: addons[addon], GREENIFY_UNANSWERED: unanswered };
  return runNode([path, ...args], { flags, env });
}

/** How a child process ends without the answer: what is asserted of it. */
export type EndWithout = (ended: Ended) => void;

// V8's fatal errors end in a trap, Node's in SIGABRT, corrupted memory in any of these.
const crashes = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGTRAP', 'SIGABRT'];

/** A signal ends it, after it has said `message` when one is given. */
export function crashing(message = /(?:)/): EndWithout {
  return ({ signal, stderr }) => {
    expect(crashes).toContain(signal);
    expect(stderr).toMatch(message);
  };
}

/** It ends with an error of its own. */
export function failing(message: RegExp): EndWithout {
  return ({ code, signal, stderr }) => {
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toMatch(message);
  };
}

/** It ends, or is ended, having said something else. */
export function printing(output: RegExp): EndWithout {
  return ({ stdout }) => expect(stdout).toMatch(output);
}

export function expectSuccess(ended: Ended, prints: string): void {
  const { code, signal, stdout, stderr } = ended;
  expect({ code, signal, stdout, stderr }).toMatchObject({
    code: 0,
    signal: null,
    stdout: `${prints}\n`,
  });
}

export interface HazardStory extends HazardScript {
  /** Its name in native/green/hazard.h. */
  hazard: string;
  /** What the script prints when all is well. */
  prints: string;
  without: EndWithout;
  /** The Node versions that have the hazard, and why others do not; all unless told. */
  only?: { majors: number[]; why: string };
  /** How often to run it without the answer until it fails, where that takes some luck; once unless told. */
  attempts?: number;
}

/** Runs a script without an answer until it fails; gives how the last run ended. */
async function runUntilFailure(story: HazardStory): Promise<Ended> {
  let ended = await runWith('hazards', story, story.hazard);
  for (let left = (story.attempts ?? 1) - 1; left > 0 && ended.signal === null; left--) {
    ended = await runWith('hazards', story, story.hazard);
  }
  return ended;
}

/** Tests that a script works with the hazard's answer, and that it does not without. */
export function describeHazard(name: string, story: HazardStory): void {
  const { hazard, prints, without, only } = story;
  describe(name, () => {
    it('works', async () => {
      const builds = ['release', 'hazards'] as const;
      const ends = await Promise.all(builds.map((addon) => runWith(addon, story)));
      for (const ended of ends) expectSuccess(ended, prints);
    });

    it(`does not without the answer to ${hazard}`, async ({ skip }) => {
      if (only && !only.majors.includes(nodeMajor)) skip(only.why);
      if (isEmulated) skip('an emulator lays out memory, and takes its time, in ways of its own');
      without(await runUntilFailure(story));
    });
  });
}
