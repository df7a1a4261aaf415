import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Server, type Socket } from 'node:net';

import { callGreen } from './callback';

type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean;

/** An event whose listeners run in a green thread. */
interface GreenEvent {
  /** Whether they do so for this emitter. */
  of(emitter: EventEmitter): boolean;
  /** What the thread is called. */
  name(emitter: EventEmitter, args: unknown[]): string;
}

// By what only they have: loading tls and http2 to compare classes would double the start-up time of Node.
const isHttp2 = (server: EventEmitter): boolean => 'updateSettings' in server;
const isHttp = (server: EventEmitter): boolean =>
  'closeIdleConnections' in server || isHttp2(server);
const isTls = (server: EventEmitter): boolean => 'addContext' in server;

const describeRequest = ({ method, url }: IncomingMessage): string => `${method} ${url}`;
const describeStream = (headers: IncomingHttpHeaders): string =>
  `stream ${String(headers[':method'])} ${String(headers[':path'])}`;
const describeConnection = ({ remoteAddress, remotePort }: Socket): string =>
  remoteAddress === undefined ? 'connection' : `connection ${remoteAddress} ${remotePort}`;

const request: GreenEvent = {
  of: isHttp,
  name: (_server, [message]) => `request ${describeRequest(message as IncomingMessage)}`,
};

/** Node's own listener of the end of a request, which lets go of the parser; once it has been seen. */
let clearIncoming: unknown;

function isNodes(listener: { name: string }): boolean {
  if (listener === clearIncoming) return true;
  const isIt =
    listener.name === 'clearIncoming' &&
    Function.prototype.toString.call(listener).includes('parser.incoming');
  if (isIt) clearIncoming = listener;
  return isIt;
}

/**
 * Whether nobody listens to the end of a message but Node itself. By the field in which an emitter keeps its
 * listeners, and by one look at it: Express gives each request a hidden class of its own, so that V8's inline caches
 * miss at every property that is read.
 */
function isEndNodesOwn(message: EventEmitter): boolean {
  const { _events: events } = message as { _events?: { end?: unknown } };
  const listener = events?.end;
  return typeof listener === 'function' && isNodes(listener);
}

/** Body parsers go on with a request when its body is complete. */
const messageEvents: Record<string, GreenEvent> = {
  end: {
    of: (message) =>
      !isEndNodesOwn(message) &&
      (message as IncomingMessage).method !== null && // which responses to clients have not
      !message.listeners('end').every(isNodes),
    name: (message) => `body of ${describeRequest(message as IncomingMessage)}`,
  },
};

/** Node's own http, https and http2 servers are listeners of the connections of net and tls: they run as always. */
const serverEvents: Record<string, GreenEvent> = {
  request,
  checkContinue: request,
  checkExpectation: request,
  upgrade: request,
  connect: request,
  stream: {
    of: isHttp2,
    name: (_server, [, headers]) => describeStream(headers as IncomingHttpHeaders),
  },
  connection: {
    of: (server) => !isHttp(server) && !isTls(server),
    name: (_server, [socket]) => describeConnection(socket as Socket),
  },
  secureConnection: {
    of: (server) => !isHttp(server),
    name: (_server, [socket]) => describeConnection(socket as Socket),
  },
};

/** Makes a prototype's `emit` run the listeners of `events` green, all of one event in one thread. */
function makeEmitGreen(prototype: EventEmitter, events: Record<string, GreenEvent>): void {
  const greenEvents = new Map<string | symbol, GreenEvent>(Object.entries(events));
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit')?.value as Emit | undefined;
  // Looked up each time: 'node:domain' replaces that of all emitters when it is loaded.
  const inherited = Object.getPrototypeOf(prototype) as { emit: Emit };
  const emit: Emit = function (...args) {
    const [event] = args;
    const original = own ?? inherited.emit;
    const green = greenEvents.get(event);
    if (green === undefined || !green.of(this) || this.listenerCount(event) === 0) {
      return Reflect.apply(original, this, args);
    }
    return callGreen(original, this, args, true, () => green.name(this, args.slice(1)));
  };
  Object.defineProperty(prototype, 'emit', {
    value: emit,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

/** Tracers replace the `emit` of these; what they call has been looked up before. */
function prototypesOfTracers(): EventEmitter[] {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  return ['http', 'https', 'tls']
    .filter((name) => moduleLoadList?.includes(`NativeModule ${name}`) ?? true)
    .map((name) => (process.getBuiltinModule(name) as { Server: typeof Server }).Server.prototype)
    .filter((prototype) => Object.hasOwn(prototype, 'emit'));
}

let done = false;

/** From now on the listeners of servers' requests and connections run green, those of old servers too. */
export function makeServersGreen(): void {
  if (done) return;
  done = true;
  for (const prototype of [Server.prototype, ...prototypesOfTracers()]) {
    makeEmitGreen(prototype, serverEvents);
  }
  const { IncomingMessage } = process.getBuiltinModule('http');
  makeEmitGreen(IncomingMessage.prototype, messageEvents);
}
