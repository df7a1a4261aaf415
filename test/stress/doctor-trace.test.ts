import { createServer } from 'node:http';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlockingCall, traceBlocking } from '../support/blocking-trace';
import { runNode } from '../support/child';
import { closeAll, LATE_MS, lateProxy, listen } from '../support/late';
import { PackageProject } from '../support/package-project';
import { packagePath } from '../support/packages.mjs';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';

const doctor = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const major = Number(process.versions.node.split('.')[0]);
const libcurl = major < 22 ? 'node-libcurl-4' : 'node-libcurl';

let project: PackageProject;
let server: PostgresServer;

beforeAll(async () => {
  project = new PackageProject({
    libpq: 'libpq',
    'pg-native': 'pg-native',
    'node-libcurl': libcurl,
  });
  server = await startPostgres({ tls: true });
});
afterAll(async () => {
  closeAll();
  project.remove();
  await server.stop();
});

interface Report {
  packages: {
    verdict: string;
    objects: { path: string; calls: { name: string; becomes: string }[] }[];
  }[];
}

/** What doctor says becomes of a call that was seen. */
async function told(name: string, seen: BlockingCall[]): Promise<Record<string, string>> {
  const { stdout } = await runNode([doctor, 'doctor', packagePath(name), '--json']);
  const { packages } = JSON.parse(stdout) as Report;
  const objects = packages.flatMap(({ objects }) => objects);
  return Object.fromEntries(
    seen.map((call) => {
      const calls = objects.filter(({ path }) => basename(path) === call.object);
      const found = calls.flatMap(({ calls }) => calls).find((one) => one.name === call.name);
      return [`${call.object}: ${call.name}`, found?.becomes ?? 'not told'];
    }),
  );
}

/** Node's own threads wait for one another, also in libstdc++. */
const ofPackage = ({ object }: BlockingCall): boolean => !/^(node|ld-|libstdc)/.test(object);

/** So late that a trace, which looks at the stack of each call, does not take that long itself. */
const veryLate = createServer((_request, response) => {
  setTimeout(() => response.end('a late answer'), 10 * LATE_MS);
});

/** What a script waits in without greenify, and what doctor says of it. */
async function traced(name: string, args: string[]): Promise<[string, string][]> {
  const options = { cwd: project.directory, seconds: (0.5 * LATE_MS) / 1000 };
  const seen = (await traceBlocking(args, options)).filter(ofPackage);
  return Object.entries(await told(name, seen));
}

describe('what doctor tells is what strace sees a package wait in:', { timeout: 120_000 }, () => {
  it('libpq', async () => {
    const { port, user, authority } = server;
    const settings = { port, user, authority, latePort: await listen(lateProxy(port)) };
    const args = ['scripts/pg-late.mjs', 'plain', JSON.stringify(settings)];
    const calls = await traced('libpq', args);
    expect(calls.map(([call]) => call.replace(/\.so\S*:/, ':'))).toEqual(
      expect.arrayContaining(['libpq: poll', 'libpq: recv']),
    );
    for (const [call, becomes] of calls) expect([call, becomes]).toEqual([call, 'green']);
  });

  it(libcurl, async () => {
    const urls = [`http://127.0.0.1:${await listen(veryLate)}/`, 'http://no-such-name.invalid/'];
    const calls = await traced(libcurl, ['scripts/libcurl-plain.mjs', ...urls]);
    expect(calls.map(([call]) => call.replace(/\.so\S*:/, ':'))).toContain('libcurl: poll');
    for (const [call, becomes] of calls) {
      expect([call, becomes]).toEqual([call, expect.stringMatching(/^(green|offloaded)$/)]);
    }
  });
});
