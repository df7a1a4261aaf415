// Node's own waiting functions, greenify's, children, and the collector.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { await_, sleep, spawn } from 'greenify';
import { Lock } from 'greenify/multiprocessing';
import { check, told } from '../outcome.mjs';

function sleepStep({ sleepPackage }) {
  return ({ below }) => {
    if (below(2) === 0) sleepPackage.msleep(1 + below(40));
    else sleep(below(40));
  };
}

/** Objects that a collection would move or free, while the thread waits. */
function awaitStep() {
  return ({ below }) => {
    const made = Array.from({ length: 1 + below(200) }, (_, index) => ({ index }));
    const sum = await_(delay(below(30), made)).reduce((total, { index }) => total + index, 0);
    check(sum, (made.length * (made.length - 1)) / 2);
    check(
      told(() => await_(Promise.reject(new Error('refused')))),
      'refused',
    );
  };
}

function childStep() {
  return ({ below }) => {
    const code = below(200);
    if (below(2) === 0) {
      const { status, stdout } = spawnSync('/bin/sh', [
        '-c',
        `sleep 0.05; echo ${code}; exit ${code}`,
      ]);
      check([status, String(stdout)], [code, `${code}\n`]);
    } else check(String(execFileSync('/bin/echo', [String(code)])), `${code}\n`);
  };
}

/** A child that is killed while it is waited for. */
function killedStep() {
  return ({ below }) => {
    const { signal } = spawnSync('/bin/sleep', ['30'], {
      timeout: 20 + below(100),
      killSignal: 'SIGKILL',
    });
    check(signal, 'SIGKILL');
  };
}

function fileStep({ directory }) {
  let files = 0;
  return ({ below }) => {
    const path = join(directory, `file-${(files += 1)}`);
    const text = `${below(1_000_000)}\n`.repeat(1 + below(100));
    const fd = openSync(path, 'w');
    try {
      writeSync(fd, text);
      fsyncSync(fd);
      check(readFileSync(path, 'utf8'), text);
    } finally {
      closeSync(fd);
      unlinkSync(path);
    }
  };
}

function lockStep() {
  const lock = new Lock();
  let holders = 0;
  return ({ below }) => {
    check(lock.acquire({ timeout: 20_000 }), true);
    holders += 1;
    try {
      check(holders, 1);
      sleep(below(3));
      check(holders, 1);
    } finally {
      holders -= 1;
      lock.release();
    }
  };
}

/** Threads that threads start. */
function nestedStep() {
  return ({ below }) => {
    const depth = (left) =>
      left === 0 ? 0 : (sleep(below(5)), 1 + await_(spawn(depth, left - 1)));
    const right = below(5);
    check(depth(right), right);
  };
}

const collections = [
  { type: 'minor' },
  { type: 'major' },
  { type: 'major', execution: 'async' },
  { type: 'major', flavor: 'last-resort' },
];

function collectStep() {
  return ({ below, pick }) => {
    const kept = Array.from({ length: below(1000) }, (_, index) => [index]);
    const collected = globalThis.gc(pick(collections));
    if (below(2) === 0) await_(collected);
    check(
      kept.every(([value], index) => value === index),
      true,
    );
  };
}

export const nodeSteps = {
  sleep: sleepStep,
  await_: awaitStep,
  child: childStep,
  'killed child': killedStep,
  file: fileStep,
  lock: lockStep,
  nested: nestedStep,
  collect: collectStep,
};
