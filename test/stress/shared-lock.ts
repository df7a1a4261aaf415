/** What must be true of every package in which one writer at a time goes on among all processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runScript } from '../patches/ffi';
import { runNode } from '../support/child';
import { runDocsExample } from '../support/docs-example';
import { packagePath } from '../support/packages.mjs';
import { Project } from '../support/project';

const scripts = join(import.meta.dirname, '../fixtures/scripts/patches');

/** Runs a case of a script in test/fixtures/scripts/patches, in an empty directory; what it printed. */
export async function runCase(
  script: string,
  args: (directory: string) => string[],
  flags: string[] = [],
): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-lock-'));
  try {
    return JSON.parse(await runScript(script, args(directory), { flags }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Waited {
  gap: number;
  ms: number;
  result: number;
  stored: [number, number];
  pinned: number;
}

/** How long the other process has the lock; it may have had it for a while when its word of that arrives. */
const HELD_MS = 1000;

function describeWaiting(name: string): void {
  const run = (what: string, mode: string): Promise<unknown> =>
    runCase('shared-lock.mjs', (directory) => [what, name, directory, mode, '25']);

  it('waits for another process: the event loop stops without greenify, and goes on with it', async () => {
    const plain = (await run('waits', 'plain')) as Waited;
    const green = (await run('waits', 'green')) as Waited;
    for (const { result, stored, ms } of [plain, green]) {
      expect({ result, stored }).toEqual({ result: 1, stored: [1, 1] });
      expect(ms).toBeGreaterThan(HELD_MS / 2);
    }
    expect(plain.gap).toBeGreaterThan(HELD_MS / 2);
    expect(green.gap).toBeLessThan(HELD_MS / 3);
    expect(green.pinned).toBe(0);
  });

  it('goes on when the process that it waits for is killed, as without greenify', async () => {
    const plain = (await run('killed', 'plain')) as Waited & { again: number };
    const green = (await run('killed', 'green')) as Waited & { again: number };
    for (const { again, stored } of [plain, green]) {
      expect({ again, stored }).toEqual({ again: 2, stored: [2, 0] });
    }
    expect(plain.gap).toBeGreaterThan(HELD_MS / 2);
    expect(green.gap).toBeLessThan(HELD_MS / 3);
  });

  it('lets one green thread in after another, although each waits inside', async () => {
    const { log, stored } = (await run('two', 'green')) as { log: string[]; stored: number };
    const [first, second, third] = log.filter((line) => line.endsWith(' begins'));
    const alone = [first, second, third].flatMap((line) => [line, line?.replace('begins', 'ends')]);
    expect({ log, stored }).toEqual({ log: alone, stored: 3 });
  });

  it('counts right with twenty green threads and another process at once', async () => {
    expect(await run('crowd', 'green')).toMatchObject({ stored: [500, 100] });
  });
}

function describeScoped(name: string, others: string[]): void {
  let project: Project;
  beforeAll(() => {
    project = new Project();
    for (const linked of [name, ...others]) {
      project.link(`node_modules/${linked}`, packagePath(linked));
    }
  });
  afterAll(() => project.remove());

  it('is the only green package after importPatched', async () => {
    project.write(
      'main.mjs',
      `
      import { importPatched, isMonkeyPatched, spawn } from 'greenify';
      import { openStore } from ${JSON.stringify(join(scripts, 'shared-lock-stores.mjs'))};
      const [name, ...others] = ${JSON.stringify([name, ...others])};
      const module = await importPatched(name);
      const exports = module.open ? module : module.default;
      const store = openStore(name, process.cwd(), exports);
      const log = [];
      let second;
      const write = (who) => spawn(() => store.write((get, put) => {
        log.push(who + ' begins');
        put('a', get('a') + 1);
        if (who === 'A') second = write('B');
        log.push(who + ' ends');
      }));
      await write('A');
      await second;
      console.log(log.join());
      for (const other of others) await import(other);
      console.log([name, module].map(isMonkeyPatched).join(), others.map(isMonkeyPatched).join());
      console.log(['lock', 'file'].map(isMonkeyPatched).join());
      await store.close();`,
    );
    const ended = await project.run(['main.mjs']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.trim().split('\n')).toEqual([
      'A begins,A ends,B begins,B ends',
      `true,true ${others.map(() => 'false').join()}`,
      'false,false',
    ]);
  });
}

interface Examined {
  verdict: string;
  patches: { name: string; inRange: boolean }[];
  objects: { functions: { name: string; becomes: string }[] }[];
}

function describeDoctor(name: string, waits: Record<string, string>): void {
  it('is told by doctor to be green in what a system-call trace shows that it blocks in', async () => {
    const doctor = join(import.meta.dirname, '../../dist/cli/main.js');
    const { code, stdout } = await runNode([doctor, 'doctor', packagePath(name), '--json']);
    expect(code).toBe(0);
    const [found] = (JSON.parse(stdout) as { packages: [Examined] }).packages;
    expect(found.verdict).toBe('green');
    expect(found.patches).toContainEqual(expect.objectContaining({ name, inRange: true }));
    const calls = found.objects.flatMap((object) => object.functions);
    expect(Object.fromEntries(calls.map((call) => [call.name, call.becomes]))).toMatchObject(waits);
  });
}

/**
 * @param others packages that stay as they are when only this one is asked for
 * @param waits the functions behind the system calls that `strace -T` shows to take long, and what becomes of them
 */
export function describeSharedLock(
  name: string,
  others: string[],
  waits: Record<string, string>,
): void {
  describeWaiting(name);
  describeScoped(name, others);
  describeDoctor(name, waits);

  it('is green in the example of its page, where import comes before monkeyPatch()', async () => {
    const ended = await runDocsExample(name);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const lines = ended.stdout.trim().split('\n');
    expect(new Set(lines)).toEqual(new Set(['the event loop turns']));
    expect(lines.length).toBeGreaterThan(0);
  });
}
