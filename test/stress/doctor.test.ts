import { readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlockedCall, blockedCalls } from '../support/blocked';
import { packagePath } from '../support/packages.mjs';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';
import { Project } from '../support/project';

/** The packages, and what each waits in: object and function. */
const packages: {
  name: string;
  waitsIn: RegExp;
  /** It is no library of the package, but one that the package opens. */
  opens?: string;
  /** The first major version of Node that it supports. */
  since?: number;
}[] = [
  { name: 'libpq', waitsIn: /libpq\.so\S* poll$/ },
  { name: 'pg-native', waitsIn: /libpq\.so\S* poll$/ },
  { name: 'better-sqlite3', waitsIn: /better_sqlite3\.node nanosleep$/ },
  { name: 'better-sqlite3-13', waitsIn: /\.node nanosleep$/, since: 22 },
  { name: 'libsql', waitsIn: /index\.node nanosleep$/ },
  { name: 'koffi', waitsIn: /libpq\.so\S* poll$/, opens: 'libpq.so.5' },
  { name: 'koffi-2', waitsIn: /libpq\.so\S* poll$/, opens: 'libpq.so.5' },
  { name: 'ffi-rs', waitsIn: /libpq\.so\S* poll$/, opens: 'libpq.so.5' },
  { name: 'node-libcurl', waitsIn: /libcurl\S* poll$/ },
  { name: 'node-libcurl-4', waitsIn: /libcurl\S* poll$/ },
  { name: 'fs-ext', waitsIn: /fs_ext\.node flock$/ },
  { name: 'sleep', waitsIn: /node_sleep\.node nanosleep$/ },
  { name: 'lmdb', waitsIn: /\.node lock$/ },
  { name: 'node-lmdb', waitsIn: /node-lmdb\.node lock$/ },
];

/** Those that must be compiled are, for the Node versions that they support. */
const manifest = new URL('../packages/stress/package.json', import.meta.url);
const { compiled } = JSON.parse(readFileSync(manifest, 'utf8')) as {
  compiled: Record<string, number[]>;
};
const major = Number(process.versions.node.split('.')[0]);
const installed = packages.filter(
  ({ name, since = 0 }) => since <= major && (compiled[name]?.includes(major) ?? true),
);

/** What of doctor's JSON is looked at here. */
interface Report {
  packages: {
    name: string;
    directory: string;
    verdict: string;
    objects: {
      path: string;
      functions: { name: string; family: string; becomes: string }[];
      opensLibraries: boolean;
    }[];
  }[];
}

/** How long each package waits at least, of the two seconds that it is let wait: a trace slows it down. */
const leastMs = 1000;

const project = new Project();
const server = createServer((_request, response) => {
  setTimeout(() => response.end('a late answer'), 2 * leastMs);
});
let postgres: PostgresServer;
let settings: string;

beforeAll(async () => {
  for (const { name } of installed) project.link(`node_modules/${name}`, packagePath(name));
  postgres = await startPostgres();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { connectionString } = postgres;
  settings = JSON.stringify({ postgres: connectionString, http, directory: project.directory });
});
afterAll(async () => {
  server.close();
  project.remove();
  await postgres.stop();
});

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Of the processor, whatever else the machine has to do. */
const tellsTime = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write(String((user + system) / 1000));
});`;

async function doctor(...names: string[]): Promise<{ report: Report; ms: number }> {
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(tellsTime)}`];
  const { stdout, stderr } = await project.run([command, 'doctor', '--json', ...names], { flags });
  return { report: JSON.parse(stdout) as Report, ms: Number(stderr) };
}

type Found = Report['packages'][number];

function findingsFor({ report }: { report: Report }, name: string): Found {
  const directory = realpathSync(packagePath(name));
  const found = report.packages.find((candidate) => candidate.directory === directory);
  if (found === undefined) throw new Error(`doctor does not list ${directory}`);
  return found;
}

/** What each object waits in as doctor has it, in the words of a trace: path and function. */
function listedWaits({ objects }: Found): string[] {
  return objects.flatMap(({ path, functions }) =>
    functions
      .filter(({ becomes }) => becomes !== 'never waits')
      .map(({ name, family }) => `${path} ${family === 'lock' ? family : name.replace(/64$/, '')}`),
  );
}

const inWords = ({ object, name }: BlockedCall): string => `${realpathSync(object)} ${name}`;

describe('greenify doctor on a project with all packages', () => {
  it('takes less than two seconds', async () => {
    const runs = [await doctor(), await doctor(), await doctor()];
    const ms = Math.min(...runs.map((run) => run.ms));
    console.log(
      `greenify doctor: ${ms.toFixed()} ms of processor time for ${installed.length} packages`,
    );
    expect(ms).toBeLessThan(2000);
  });

  it('says that each can be green, and nothing of greenify itself', async () => {
    const all = await doctor();
    const names = all.report.packages.map(({ name }) => name);
    expect(names).not.toContain('greenify');
    const verdicts = installed
      .filter(({ name }) => name !== 'pg-native') // libpq's addon is all it has
      .map(({ name }) => [name, findingsFor(all, name).verdict]);
    expect(verdicts).toEqual(verdicts.map(([name]) => [name, 'green']));
  });

  it.each(installed)(
    'lists what $name really waits in, by a trace of its system calls',
    async ({ name, waitsIn, opens }) => {
      const script = fileURLToPath(
        new URL('../fixtures/scripts/patches/package-waits.mjs', import.meta.url),
      );
      const trace = project.path(`${name}.trace`);
      const blocked = await blockedCalls([script, name, settings], trace, leastMs);
      const own = findingsFor(await doctor(name), name);
      const library = opens === undefined ? undefined : (await doctor(opens)).report.packages[0];
      const examined = library ?? own;
      const paths = examined.objects.map(({ path }) => path);
      const waits = blocked.filter(({ object }) => paths.includes(realpathSync(object)));
      const names = [...new Set(waits.map(inWords))];
      expect(names).toContainEqual(expect.stringMatching(waitsIn));
      expect(listedWaits(examined)).toEqual(expect.arrayContaining(names));
      if (opens !== undefined) {
        expect(own.objects.some(({ opensLibraries }) => opensLibraries)).toBe(true);
      }
    },
    300_000, // strace(1) takes the stack at every system call
  );
});
