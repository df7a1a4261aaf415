import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ChildOptions, runNode } from '../support/child';
import { packagePath } from '../support/packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Long enough for what is measured to stand out on a busy machine. */
const HELD_MS = 1000;

/**
 * Node 24.21 aborts, without greenify too, when an object of better-sqlite3 12.11 is collected while no JavaScript is
 * entered (RemoveEnvironmentCleanupHook in ~ObjectWrap). With these flags nothing is collected at such a time.
 */
function flagsFor(driver: string | undefined): string[] {
  const aborts = driver === 'better-sqlite3' && process.versions.node.startsWith('24.');
  return aborts ? ['--no-memory-reducer', '--min-semi-space-size=64'] : [];
}

/** Runs a script of test/fixtures/scripts/sqlite to its good end; what it printed, as JSON. */
export async function run(
  script: string,
  args: string[],
  options: ChildOptions = {},
): Promise<unknown> {
  const flags = [...(options.flags ?? []), '--no-warnings', '--expose-gc', ...flagsFor(args[0])];
  const path = `test/fixtures/scripts/sqlite/${script}`;
  const ended = await runNode([path, ...args], { timeoutMs: 60_000, ...options, flags });
  expect(ended, `${script} ${args.join(' ')}`).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout);
}

interface Waited {
  results: unknown;
  sum: number[];
  gap: number;
  patched: boolean;
}

/** The example of a documentation page, run in a project of somebody who has installed what it needs. */
async function runExample(page: string, dependencies: string[]): Promise<string[]> {
  const project = mkdtempSync(join(tmpdir(), 'greenify-docs-'));
  try {
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(root, join(project, 'node_modules/greenify'));
    for (const name of dependencies) {
      symlinkSync(packagePath(name), join(project, 'node_modules', name));
    }
    const text = readFileSync(join(root, `docs/packages/${page}.md`), 'utf8');
    writeFileSync(join(project, 'example.mjs'), /```js\n([^]*?)```/.exec(text)?.[1] ?? '');
    const ended = await runNode(['--no-warnings', 'example.mjs'], { cwd: project });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return ended.stdout.trim().split('\n');
  } finally {
    rmSync(project, { recursive: true });
  }
}

/** What is so with every package for SQLite. `page`: of its documentation; `dependencies`: of that page's example. */
export function itWaitsGreen(driver: string, page: string, dependencies: string[]): void {
  const waits = async (mode: string, options?: ChildOptions): Promise<Waited> =>
    (await run('waits.mjs', [driver, mode, String(HELD_MS)], options)) as Waited;
  const threads = (scenario: string): Promise<unknown> => run('threads.mjs', [driver, scenario]);

  describe(`${driver} and a lock that another process holds`, () => {
    it('stops the event loop without green threads, and not with them; results are the same', async () => {
      const plain = await waits('plain');
      const green = await waits('green');
      expect(green.results).toEqual(plain.results);
      expect([plain.sum, green.sum]).toEqual([[6], [6]]);
      expect(plain.gap).toBeGreaterThan(HELD_MS / 2);
      expect(green.gap).toBeLessThan(HELD_MS / 2);
      expect([plain.patched, green.patched]).toEqual([false, true]);
    });

    it('is green by --import greenify/register', async () => {
      const registered = await waits('registered', {
        flags: ['--import', 'greenify/register'],
        env: { GREENIFY: 'socket,sleep' },
      });
      expect(registered.gap).toBeLessThan(HELD_MS / 2);
      expect(registered).toMatchObject({ sum: [6], patched: true });
    });

    it('is given to those who wait when its holder is killed', async () => {
      expect(await threads('holder that is killed')).toEqual([1]);
    });

    it('lets statements that nobody holds be collected meanwhile', async () => {
      expect(await threads('collected statements')).toEqual([1]);
    });
  });

  describe(`${driver} in green threads`, () => {
    it('lets connections of one process wait for each other', async () => {
      expect(await threads('two connections')).toEqual({
        order: ['holder', 'waiter'],
        rows: [1, 2, 3],
      });
      expect(await threads('ten connections')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('queues those who use one connection, and tells the loop stack that it is in use', async () => {
      expect(await threads('one connection')).toEqual({
        order: ['writer', 'reader'],
        seen: 1,
        loop: {
          name: 'GreenifyError',
          code: 'ERR_GREENIFY_BUSY',
          message: expect.stringMatching(/^exec\(\).*green thread "writer"/) as string,
        },
        after: [1],
      });
    });

    it('gives its own error when the lock is not to be had in time, and goes on', async () => {
      const code = driver === 'node:sqlite' ? 'ERR_SQLITE_ERROR' : 'SQLITE_BUSY';
      expect(await threads('lock that is never given')).toEqual({
        late: expect.objectContaining({ message: 'database is locked', code }) as unknown,
        rows: [2],
      });
    });

    it('works in worker threads', async () => {
      expect(await run('workers.mjs', [driver])).toEqual([28, 28, 28, 28]);
    });

    const seed = process.env['GREENIFY_SEED'] ?? String(Date.now());
    it.each(['some', 'all'])(
      `keeps many databases and connections in order, ${seed}, with %s families`,
      { timeout: 180_000 },
      async (families) => {
        const args = [driver, seed, '30', '30', families];
        const { done } = (await run('random.mjs', args, { timeoutMs: 170_000 })) as {
          done: Record<string, number>;
        };
        expect(Object.values(done).reduce((sum, count) => sum + count)).toBe(900);
      },
    );

    it('does what its page shows', async () => {
      const lines = await runExample(page, dependencies);
      expect(lines.filter((line) => line === 'the event loop turns').length).toBeGreaterThan(1);
      expect(lines.at(-1)).toBe('both are in: 2');
    });
  });
}

/** What is so where transaction(fn) is. */
export function itKeepsTransactions(driver: string): void {
  it('keeps other green threads out of a transaction that waits', async () => {
    expect(await run('threads.mjs', [driver, 'transaction'])).toEqual({
      undone: expect.objectContaining({ message: 'undone' }) as unknown,
      done: ['function', true, true],
      loop: 'ERR_GREENIFY_BUSY',
      rows: [2, 3],
    });
  });
}

/** What is so where SQLite calls JavaScript back. */
export function itLetsFunctionsWait(driver: string): void {
  it('lets functions and aggregates wait, and others use other connections meanwhile', async () => {
    expect(await run('threads.mjs', [driver, 'functions'])).toEqual({
      seen: [true, true, true],
      results: [[10, 20, 30], [6], [6]],
      order: ['other', 'first', 'second'],
      broken: 'from the function',
    });
  });
}

/** What a write on a connection gives while another green thread waits between two rows on it. */
export function itIterates(driver: string, write: unknown): void {
  it('lets a green thread wait between two rows', async () => {
    expect(await run('threads.mjs', [driver, 'iterator'])).toEqual({
      seen: [1, 2, 3],
      meanwhile: [[3], write],
      after: {},
    });
  });
}

/** importPatched, and the slots that are put back. */
export function itIsScoped(driver: string): void {
  it('is green alone by importPatched, and what was changed can be put back', async () => {
    const { green, blocked, patched, after } = (await run('scoped.mjs', [driver])) as {
      green: number;
      blocked: number;
      patched: unknown;
      after: unknown;
    };
    expect(patched).toEqual({
      name: true,
      exports: true,
      addon: true,
      others: [false, false, false],
    });
    expect(after).toEqual({ restored: true, foreign: 0, addon: false });
    expect(green).toBeLessThan(blocked);
    expect(blocked).toBeGreaterThan(150);
  });
}

interface Doctored {
  packages: { verdict: string; objects: { functions: { name: string; becomes: string }[] }[] }[];
}

/** As a trace of system calls shows: a locked database is waited for in nanosleep(2), and nowhere else. */
export function doctorKnows(driver: string): void {
  it('is called green by doctor', async () => {
    const args = ['dist/cli/main.js', 'doctor', '--json', packagePath(driver)];
    const ended = await runNode(args);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const [found] = (JSON.parse(ended.stdout) as Doctored).packages;
    expect(found?.verdict).toBe('green');
    const calls = found?.objects.flatMap((object) => object.functions);
    expect(calls?.find(({ name }) => name === 'nanosleep')).toMatchObject({ becomes: 'green' });
  });
}
