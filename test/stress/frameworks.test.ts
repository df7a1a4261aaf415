import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';
import { await_, isGreen, monkeyPatch, sleep } from 'greenify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, closeServers, portOf } from '../servers/clients';
import { requirePackage } from '../support/packages.mjs';

/** A framework's application whose handlers wait: what is looked at of each here is the same. */
type Application = (store: AsyncLocalStorage<string>) => Promise<RequestListener>;

/** Waits in all ways, and says whether everything is still in place. */
function work(store: AsyncLocalStorage<string>, id: string): string {
  sleep(10);
  const value = await_(later(5, `value of ${id}`));
  return `${value} ${isGreen()} ${store.getStore() === id}`;
}

interface Request {
  params: { id: string };
  body: { id: string };
}
interface Reply {
  send(body: string): void;
}

const express: Application = (store) => {
  type Handler = (request: Request, reply: Reply, next: () => void) => void;
  interface Express extends RequestListener {
    use(handler: Handler): void;
    get(path: string, ...handlers: Handler[]): void;
    post(path: string, ...handlers: Handler[]): void;
  }
  const make = requirePackage('express') as (() => Express) & { json: () => Handler };
  const app = make();
  const inStore: Handler = ({ params, body }, _reply, next) =>
    store.run(params.id ?? body.id, next);
  app.get('/wait/:id', inStore, ({ params }, reply) => reply.send(work(store, params.id)));
  app.get('/fail/:id', ({ params }) => {
    sleep(5);
    throw Object.assign(new Error(`failed ${params.id}`), { status: 418 });
  });
  app.post('/wait', make.json(), inStore, ({ body }, reply) => reply.send(work(store, body.id)));
  return Promise.resolve(app);
};

const fastify: Application = async (store) => {
  type Handler = (request: Request, reply: Reply) => void;
  interface Fastify {
    get(path: string, handler: Handler): void;
    post(path: string, handler: Handler): void;
    ready(): Promise<void>;
    routing: RequestListener;
  }
  const app = (requirePackage('fastify') as () => Fastify)();
  const answer = (id: string, reply: Reply): void =>
    store.run(id, () => reply.send(work(store, id)));
  app.get('/wait/:id', ({ params }, reply) => answer(params.id, reply));
  app.get('/fail/:id', ({ params }) => {
    sleep(5);
    throw Object.assign(new Error(`failed ${params.id}`), { statusCode: 418 });
  });
  app.post('/wait', ({ body }, reply) => answer(body.id, reply));
  await app.ready();
  return app.routing;
};

const koa: Application = (store) => {
  interface Context {
    path: string;
    body: string;
    throw(status: number, message: string): never;
  }
  type Middleware = (context: Context, next: () => Promise<void>) => unknown;
  interface Koa {
    use(middleware: Middleware): Koa;
    silent: boolean;
    callback(): RequestListener;
  }
  const app = new (requirePackage('koa') as new () => Koa)();
  app.silent = true;
  app.use((context, next) => store.run(context.path.split('/')[2] ?? '', next));
  app.use((context) => {
    const [, what, id = ''] = context.path.split('/');
    sleep(5);
    if (what === 'fail') context.throw(418, `failed ${id}`);
    context.body = work(store, id);
  });
  return Promise.resolve(app.callback());
};

beforeAll(() => monkeyPatch());
afterEach(closeServers);

describe.each([
  ['express', express],
  ['fastify', fastify],
  ['koa', koa],
])('a plain handler of %s', (name, application) => {
  it('waits in 200 requests at once, each with its own store, and stalls nobody', async () => {
    const port = await portOf(createServer(await application(new AsyncLocalStorage())));
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 2);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, id) => ask(port, { path: `/wait/${id}` })),
    );
    clearInterval(timer);
    expect(answers.map(({ body }) => body)).toEqual(
      answers.map((_, id) => `value of ${id} true true`),
    );
    expect(ticks).toBeGreaterThan(3);
  });

  it('may throw after a wait: the framework answers', async () => {
    const port = await portOf(createServer(await application(new AsyncLocalStorage())));
    expect((await ask(port, { path: '/fail/7' })).status).toBe(418);
  });

  it('is green after its body was parsed, too', async ({ skip }) => {
    if (name === 'koa') skip('koa goes on after an await, on the loop stack (docs/servers.md)');
    const port = await portOf(createServer(await application(new AsyncLocalStorage())));
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', path: '/wait', headers };
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((id) => ask(port, options, JSON.stringify({ id }))),
    );
    expect(answers.map(({ body }) => body)).toEqual(
      ['a', 'b', 'c'].map((id) => `value of ${id} true true`),
    );
  });
});

describe('an async handler of fastify', () => {
  it('works as it does without greenify', async () => {
    interface Fastify {
      get(path: string, handler: () => Promise<string>): void;
      ready(): Promise<void>;
      routing: RequestListener;
    }
    const app = (requirePackage('fastify') as () => Fastify)();
    app.get('/', async () => {
      sleep(2);
      const before = isGreen();
      await later(1);
      return `${before} ${isGreen()}`;
    });
    await app.ready();
    const port = await portOf(createServer(app.routing));
    expect((await ask(port)).body).toBe('true false');
  });
});
