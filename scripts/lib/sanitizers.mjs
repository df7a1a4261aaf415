// The tests under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureDebianPackages } from './debian.mjs';
import { digest, readStamp, writeStamp } from './digest.mjs';
import { abiDirectory, cacheDirectory } from './paths.mjs';
import { run } from './process.mjs';

const directoryOf = (node) => join(cacheDirectory, 'sanitizers', `abi-${node.abi}`);
const reportsOf = (node) => join(directoryOf(node), 'reports');

/** AddressSanitizer's runtime, as the linker has recorded it in the addon. */
async function runtimeOf(addon) {
  const dynamic = await run('readelf', ['-d', addon]);
  return /\[(libasan\.so\.\d+)\]/.exec(dynamic)[1];
}

const addonFor = (node) =>
  join(abiDirectory(node.target, { sanitize: true }), 'Release/greenify.node');

/**
 * A copy of Node that needs AddressSanitizer's runtime before anything else, because the addon that needs it is
 * loaded late. LD_PRELOAD would reach every other program, too, and some of those do not work with it: dd(1),
 * compilers, PostgreSQL.
 */
export async function sanitizedNode(node) {
  await ensureDebianPackages('sanitize');
  const execPath = join(directoryOf(node), 'bin/node');
  const stamp = `${execPath}.stamp`;
  const runtime = await runtimeOf(addonFor(node));
  const inputs = digest({ paths: [node.execPath], strings: [runtime] });
  if (readStamp(stamp) !== inputs) {
    mkdirSync(dirname(execPath), { recursive: true });
    await run('patchelf', ['--add-needed', runtime, '--output', execPath, node.execPath]);
    writeStamp(stamp, inputs);
  }
  return { ...node, execPath };
}

const sharedOptions = [
  'exitcode=99',
  // %m is the object: leaks are judged by it.
  'stack_trace_format="    #%n %p in %f %S (%m)"',
];

const addressOptions = [
  // The addon has leaks looked for, and only reported: native/addon/sanitizer_reports.cc.
  'detect_leaks=1',
  'leak_check_at_exit=0',
  // Signals are Node's: V8 takes those of WebAssembly, and tests assert with which one a process ends.
  'handle_segv=0',
  'use_sigaltstack=0',
  // V8 compares the addresses of C++ objects with those of its stack: there they have to be.
  'detect_stack_use_after_return=0',
  // As malloc(3): V8 asks for more than there is, and goes on with less.
  'allocator_may_return_null=1',
  // Of freed memory, in each of many processes; 256 unless told.
  'quarantine_size_mb=32',
];

const undefinedOptions = ['print_stacktrace=1', 'halt_on_error=1'];

/** What Node is told to run on the sanitized addon. Reports of all processes are collected from now on. */
export function sanitizedEnvironment(node) {
  rmSync(reportsOf(node), { recursive: true, force: true });
  mkdirSync(reportsOf(node), { recursive: true });
  const file = `log_path="${join(reportsOf(node), 'report')}"`;
  return {
    GREENIFY_ADDON: addonFor(node),
    GREENIFY_SANITIZE: '1',
    ASAN_OPTIONS: [...sharedOptions, ...addressOptions, file].join(':'),
    UBSAN_OPTIONS: [...sharedOptions, ...undefinedOptions, file].join(':'),
  };
}

/** What a report of leaks begins and ends with. */
const isFrameOfLeaks = (paragraph) =>
  /ERROR: LeakSanitizer: detected memory leaks$|^SUMMARY: AddressSanitizer: .* leaked in /.test(
    paragraph,
  );
const isLeak = (paragraph) => /^(Direct|Indirect) leak of /.test(paragraph);
const isFrame = (line) => /^ +#\d+ /.test(line);
const isAddon = (frame) => /\/greenify(_hazards)?\.node\)$/.test(frame);
/** JavaScript's compiled code, or what of V8 it calls C++ by. */
const isJavaScript = (frame) => /\(<null>\)$|\bBuiltins_|v8::internal::Builtin_/.test(frame);

const isRuntime = (frame) => /\/libasan\.so[.\d]*\)$/.test(frame);
const isV8 = (frame) => / in v8::/.test(frame);

/**
 * A leak is greenify's when it has called what allocated the memory, and no JavaScript ran in between.
 * LeakSanitizer does not see what JavaScript's heap refers to, and Node, V8 and OpenSSL leave some things to
 * the end of the process. What V8 allocates for itself is its own in any case: of threads that are suspended
 * when its isolate ends, it never frees what it has archived.
 */
function isOwnLeak(paragraph) {
  const frames = paragraph.split('\n').filter((line) => isFrame(line) && !isRuntime(line));
  const end = frames.findIndex(isJavaScript);
  return !isV8(frames[0] ?? '') && frames.slice(0, end === -1 ? frames.length : end).some(isAddon);
}

/** Of what one process has reported, the leaks that are greenify's, and everything else. */
export function reportsIn(text) {
  const paragraphs = text.trim().split(/\n\n+/);
  const leaks = paragraphs.filter(isLeak);
  const others = paragraphs.filter((paragraph) => !isLeak(paragraph) && !isFrameOfLeaks(paragraph));
  return [...leaks.filter(isOwnLeak), ...(others.length > 0 ? [others.join('\n\n')] : [])];
}

/** What any process has reported since the environment was made, as failures of tests. */
export function sanitizerFailures(node) {
  const files = readdirSync(reportsOf(node)).map((file) => join(reportsOf(node), file));
  const reports = files.flatMap((file) => reportsIn(readFileSync(file, 'utf8')));
  return reports.map((reason) => ({ name: 'a sanitizer', reason }));
}
