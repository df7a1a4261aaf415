/** pg-native's clients, each of which runs one query at a time. To be used in green threads. */
import { async_, await_ } from 'greenify';
import { requirePackage } from '../../test/support/packages.mjs';

const Client = requirePackage('pg-native');

export class BlockingPool {
  #idle;
  #waiting = [];

  constructor(clients) {
    this.#idle = clients;
  }

  static async open(database, count) {
    const connect = async_(() => {
      const client = new Client();
      client.connectSync(database);
      return client;
    });
    return new BlockingPool(await Promise.all(Array.from({ length: count }, connect)));
  }

  /** What `fn` gives when it is called with a client that nobody else uses meanwhile. */
  use(fn) {
    const client = this.#take();
    try {
      return fn(client);
    } finally {
      this.#giveBack(client);
    }
  }

  #take() {
    return this.#idle.pop() ?? await_(new Promise((resolve) => this.#waiting.push(resolve)));
  }

  #giveBack(client) {
    const next = this.#waiting.shift();
    if (next) next(client);
    else this.#idle.push(client);
  }
}
