import { isGreen } from '../thread';
import type { PackagePatch } from './patch';
import { type Class, replaceMethod } from './prototype';

interface Easy {
  readonly isOpen: boolean;
  setOpt(option: string, value: unknown): unknown;
}

export const patch: PackagePatch = {
  name: 'node-libcurl',
  versions: '^4.0.0 || ^5.0.0',
  families: ['socket'],
  serialise: [
    {
      class: 'Easy',
      methods: [
        'close',
        'dupHandle',
        'perform',
        'recv',
        'reset',
        'send',
        'setOpt',
        'upkeep',
        'wsRecv',
        'wsSend',
        'wsStartFrame',
      ],
    },
  ],
  wrap(exports) {
    // Otherwise libcurl sets what SIGPIPE does about each transfer, and transfers that wait at the same time would put
    // back what the others have set. Node ignores that signal anyway. CURLOPT_NOSIGNAL(3) is made for threads.
    replaceMethod((exports as { Easy: Class }).Easy, 'perform', (perform) => {
      return function (this: unknown, ...args) {
        const easy = this as Easy;
        if (isGreen() && easy.isOpen) easy.setOpt('NOSIGNAL', true);
        return Reflect.apply(perform, this, args);
      };
    });
  },
  why:
    'A handle serves one transfer at a time, and must not be changed or closed meanwhile by others; its callbacks ' +
    'may use it. What node-libcurl sets about a transfer, the locale and what SIGPIPE does, is the green thread’s.',
};
