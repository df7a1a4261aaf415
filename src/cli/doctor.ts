import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { GreenifyError } from '../errors';
import { cachedPaths } from '../resolve/ld_cache';
import { resolvePackage } from '../resolve/package';
import { describeMachine } from '../resolve/tags';
import { examineBuiltin } from './builtin';
import { examine, type PackageFindings, type Subject } from './findings';
import { describePackage, installedPackages } from './installed';
import { exitCodes, type Output } from './output';
import { printPackage, printSurvey } from './print';

export const doctorHelp = `greenify doctor [options] [package or path ...]

Says which blocking calls native addons make, what greenify does with each, and what
cannot be green. Nothing is loaded or executed. Without an argument: every package with
an addon in node_modules.

  package     a name, as in require(): pg-native, @scope/pkg
  path        a .node or .so file, or a directory of a package; or a soname: libpq.so.5

  --json      the same for programs
  --from DIR  resolve packages from this directory, not the working directory
  -h, --help  this text

Exit code: 0 if everything can be green, 1 if something cannot or cannot be loaded,
2 if there is nothing to examine: an unknown package, one without addons, a wrong option.`;

/** What could not be examined at all. */
interface Failure {
  subject: string;
  code: string;
  message: string;
}

interface Report {
  packages: PackageFindings[];
  failures: Failure[];
}

/** What looks like a path and is one; `@scope/pkg` and `pkg` are names even where a directory is called so. */
function isPath(argument: string, from: string): boolean {
  if (/^\.{0,2}\//.test(argument) || argument === '.') return true;
  const looksLikePath = /\.node$|\.so(\.|$)/.test(argument) || /^[^@].*\//.test(argument);
  return looksLikePath && existsSync(resolve(from, argument));
}

/** `libpq.so.5` is what the dynamic linker takes for it, unless a file here is called so. */
function subjectFor(argument: string, from: string): string {
  if (isPath(argument, from)) return resolve(from, argument);
  return cachedPaths(argument)[0] ?? argument;
}

function find(argument: string, from: string): Subject {
  const subject = subjectFor(argument, from);
  try {
    const { addons, ...owner } = resolvePackage(subject, from);
    return { ...owner, found: { addons, rejected: [] } };
  } catch (error) {
    const unloadable =
      error instanceof GreenifyError && error.code === 'ERR_GREENIFY_ADDON_NOT_LOADABLE';
    if (!unloadable || error.path === undefined) throw error;
    return describePackage(error.path, true);
  }
}

function examineArguments(names: string[], from: string): Report {
  const report: Report = { packages: [], failures: [] };
  for (const name of names) {
    try {
      report.packages.push(examineBuiltin(name) ?? examine(find(name, from)));
    } catch (error) {
      if (!(error instanceof GreenifyError)) throw error;
      report.failures.push({ subject: name, code: error.code, message: error.message });
    }
  }
  return report;
}

function examineInstalled(from: string): Report {
  return { packages: installedPackages(from).map(examine), failures: [] };
}

function exitCodeOf({ packages, failures }: Report): number {
  if (failures.length > 0) return exitCodes.usage;
  const fine = packages.every(({ verdict }) => verdict === 'green' || verdict === 'no waits');
  return fine ? exitCodes.green : exitCodes.hindered;
}

function printForPeople({ packages, failures }: Report, isSurvey: boolean, output: Output): void {
  if (isSurvey && packages.length === 0) output.write('No package here has a native addon.\n');
  else if (isSurvey) output.write(`${printSurvey(packages, output.width)}\n`);
  else if (packages.length > 0) {
    const texts = packages.map((findings) => printPackage(findings, output.width));
    output.write(`${texts.join('\n\n')}\n`);
  }
  for (const { message } of failures) output.error(`greenify doctor: ${message}\n`);
}

function printForPrograms(report: Report, output: Output): void {
  const about = { node: process.version, machine: describeMachine() };
  output.write(`${JSON.stringify({ ...about, ...report }, undefined, 2)}\n`);
}

/** @returns the exit code */
export function doctor(args: string[], output: Output): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      from: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    output.write(`${doctorHelp}\n`);
    return exitCodes.green;
  }
  const from = resolve(values.from ?? '.');
  const isSurvey = positionals.length === 0;
  const report = isSurvey ? examineInstalled(from) : examineArguments(positionals, from);
  if (values.json === true) printForPrograms(report, output);
  else printForPeople(report, isSurvey, output);
  return exitCodeOf(report);
}
