import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.mjs';
import { exampleOf } from '../support/docs';
import { closeAll, dyingServer, LATE_MS, listen, silentServer } from '../support/late';
import { PackageProject } from '../support/package-project';
import { freePort } from '../support/supervised.mjs';

const major = Number(process.versions.node.split('.')[0]);

/** By the name it is installed under: where it cannot be compiled, and why. */
const versions = [
  {
    installed: 'node-libcurl-4',
    missing: new Map([
      [
        26,
        'its code needs v8::Context::GetIsolate() and v8::DEFAULT, which the V8 of Node 26 lacks',
      ],
    ]),
  },
  {
    installed: 'node-libcurl',
    missing: new Map([[20, 'it needs Node-API 10: its package.json asks for Node 22.14']]),
  },
];

const directory = mkdtempSync(join(tmpdir(), 'greenify-libcurl-'));
let certificate: Certificate;
let ports: Record<'http' | 'https' | 'echo' | 'refused' | 'dying' | 'cut' | 'silent', number>;

/** Answers `/<ms>…` after so many, everything else late, with the path; `/<ms>/redirect` leads to another name. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  const ms = Number(/^\/(\d+)/.exec(path)?.[1] ?? LATE_MS);
  request.resume();
  setTimeout(() => {
    if (path.endsWith('/redirect')) {
      const location = `http://\u00e4nother.localhost:${ports.http}/1`;
      response.writeHead(302, { location: Buffer.from(location).toString('latin1') });
    }
    response.end(path);
  }, ms);
}

/** Sends half an answer. */
const cut = createTcpServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy());
  });
});

beforeAll(async () => {
  certificate = await makeCertificate(directory, ['IP:127.0.0.1']);
  const { key, certificate: cert } = certificate;
  const tls = { key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true };
  ports = {
    http: await listen(createServer(answer)),
    https: await listen(createSecureServer(tls, answer as never)),
    echo: await listen(createServer((request, response) => void request.pipe(response))),
    refused: await freePort(),
    dying: await listen(dyingServer()),
    cut: await listen(cut),
    silent: await listen(silentServer()),
  };
});
afterAll(() => {
  closeAll();
  rmSync(directory, { recursive: true });
});

interface Waited {
  results: Record<string, unknown>;
  together?: Record<string, unknown>;
  gaps: Record<string, number>;
  pins: number;
}

const good = (version: number, body = '/'): object => ({ code: 0, status: 200, version, body });

describe.each(versions)('$installed', ({ installed, missing }) => {
  const reason = missing.get(major);
  if (reason !== undefined) {
    it(`is not there for Node ${major}`, ({ skip }) => skip(reason));
    return;
  }

  let project: PackageProject;
  beforeAll(() => {
    project = new PackageProject({ 'node-libcurl': installed, koffi: 'koffi', sleep: 'sleep' });
  });
  afterAll(() => project.remove());

  it('stops the event loop while the server takes its time, and does not in green threads', async () => {
    const settings = { ...ports, authority: certificate.certificate };
    const plain = (await project.runScript('libcurl-late.mjs', ['plain', settings])) as Waited;
    const green = (await project.runScript('libcurl-late.mjs', ['green', settings])) as Waited;
    expect(plain.results).toEqual({
      http: good(2),
      'a name': good(2),
      https: good(2),
      'http/2': good(3),
      'a post': good(2),
    });
    expect(green.results).toEqual(plain.results);
    expect(green.together).toEqual(plain.results);
    for (const gap of Object.values(plain.gaps)) expect(gap).toBeGreaterThan(0.9 * LATE_MS);
    // Some 10 ms on a machine that has nothing else to do.
    for (const gap of Object.values(green.gaps)) expect(gap).toBeLessThan(LATE_MS / 2);
    expect(green.pins).toBe(0);
  });

  it('lets its callbacks wait in the middle of a transfer', async () => {
    const options = { flags: ['--expose-gc'] };
    expect(
      await project.runScript('libcurl-callbacks.mjs', [String(ports.echo)], options),
    ).toMatchObject({
      right: 40,
      called: { read: true, write: true, header: true, progress: true, debug: true },
      strayed: 0,
      thrown: [{ message: 'not wanted' }, { message: 'not wanted' }],
      pins: 0,
    });
  });

  it('makes one transfer of a handle at a time', async () => {
    const seen = await project.runScript('libcurl-handles.mjs', [String(ports.http)]);
    const closed = expect.stringContaining('closed') as string;
    expect(seen).toEqual({
      queue: {
        bodies: ['/first', '/second'],
        codes: [0, null, 0, null, closed],
      },
      loopStack: {
        codes: Array.from({ length: 5 }, () => 'ERR_GREENIFY_BUSY'),
        message: expect.stringMatching(/^perform\(\).*"report"/) as string,
        code: 0,
        after: { value: 200 },
      },
      ownCallback: {
        body: '/outer',
        again: { value: 2 }, // CURLE_FAILED_INIT: it is in use
        status: 200,
        inner: 0,
        inside: '/inner',
        code: 0,
      },
      pause: { code: 0, paused: 1, body: '/paused' },
    });
  });

  it('gives libcurl’s own errors, and goes on', async () => {
    const plain = await project.runScript('libcurl-errors.mjs', ['plain', ports]);
    const green = await project.runScript('libcurl-errors.mjs', ['green', ports]);
    expect(green).toEqual(plain);
    expect(green).toMatchObject({
      refused: expect.stringMatching(/^7 /) as string,
      dying: expect.stringMatching(/^52 /) as string,
      'cut off': expect.stringMatching(/^18 /) as string,
      timeout: expect.stringMatching(/^28 /) as string,
      'connect timeout': expect.stringMatching(/^28 /) as string,
      'unknown name': expect.stringMatching(/^6 /) as string,
      'unknown authority': expect.stringMatching(/^60 /) as string,
      'aborted by a callback': expect.stringMatching(/^23 /) as string,
      none: expect.stringMatching(/^0 /) as string,
    });
  });

  it('leaves the process’s locale and its signals alone, and has the environment’s locale itself', async () => {
    const options = { env: { LC_ALL: 'C.UTF-8' } };
    const seen = await project.runScript('libcurl-process.mjs', [String(ports.http)], options);
    expect(seen).toEqual({ locales: ['C'], codes: [0, 0, 0, [0, 0], 0], signal: 'SIGPIPE' });
  });

  it('waits two hundred times at once, beside its asynchronous interfaces', async () => {
    const crowd = (await project.runScript('libcurl-crowd.mjs', [String(ports.http)])) as {
      ms: number;
    };
    expect(crowd).toMatchObject({ right: [200, 50, 1], pins: 0 });
    // One after another: a minute.
    expect(crowd.ms).toBeLessThan(10_000);
  });

  it('is green alone with importPatched', async () => {
    const seen = (await project.runScript('libcurl-scoped.mjs', [String(ports.http)])) as Waited;
    expect(seen).toMatchObject({
      patched: { 'node-libcurl': true, sleep: false, socket: false },
      code: 0,
    });
    expect(seen.gaps['transfer']).toBeLessThan(LATE_MS / 2);
    expect(seen.gaps['sleeps']).toBeGreaterThan(0.9 * LATE_MS);
  });

  it('does as the example of docs/packages/node-libcurl.md tells', async () => {
    project.write('example.mjs', exampleOf('packages/node-libcurl'));
    const urls = ['first', 'second'].map((path) => `http://127.0.0.1:${ports.http}/${path}`);
    const ended = await project.run(['example.mjs', ...urls]);
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: "[ '/first', '/second' ]\n" });
  });
});
