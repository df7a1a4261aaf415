import { basename } from 'node:path';

import type { Unhookable } from '../report/unhookable';
import { blockers, isTested, type KnownPatch, type PackageFindings, shortPath } from './findings';
import type { Call, ObjectFindings } from './objects';

/** Rows below each other, in columns as wide as their longest cell. */
export function columns(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => (row[index] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Text in lines of at most `width`, those after the first indented by `indent`. */
export function wrap(text: string, indent: number, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width - indent) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** `std::thread::join` of `_ZNSt6thread4joinEv` (Itanium C++ ABI, 5.1.3): the nested names are all that is there. */
export function readable(name: string): string {
  const [, nested] = /^_ZNSt((?:\d+[A-Za-z_]\w*)+)/.exec(name) ?? [];
  if (nested === undefined) return name;
  const parts: string[] = [];
  for (let rest = nested; /^\d/.test(rest);) {
    const length = String(parseInt(rest, 10)).length + parseInt(rest, 10);
    parts.push(rest.slice(String(parseInt(rest, 10)).length, length));
    rest = rest.slice(length);
  }
  return ['std', ...parts].join('::');
}

const becoming = (findings: Pick<ObjectFindings, 'functions'>, becomes: Call['becomes']): Call[] =>
  findings.functions.filter((call) => call.becomes === becomes);

/** Their names; locks, and functions of streams, come in dozens and are named as one. */
function namesOf(calls: Call[]): string {
  const streams = calls.filter(({ ofStreams }) => ofStreams);
  const locks = calls.filter(({ family, ofStreams }) => family === 'lock' && !ofStreams);
  const names = calls
    .filter(({ family, ofStreams }) => family !== 'lock' && !ofStreams)
    .map(({ name }) => readable(name));
  if (streams.length > 0) names.push(`streams(${streams.length})`);
  if (locks.length > 0) names.push(`locks(${locks.length})`);
  return names.join(' ');
}

const relroText = { none: 'no RELRO', partial: 'partial RELRO', full: 'full RELRO' };

function objectTitle(object: ObjectFindings, directory: string): string {
  const facts = [relroText[object.relro], ...(object.stripped ? ['stripped'] : [])];
  return `  ${object.role.padEnd(8)} ${shortPath(object.path, directory)} (${facts.join(', ')})`;
}

/** What it is about, where that is not all that the object does. */
function subjectOf({ functions }: Unhookable): string {
  return functions.length === 0 ? '' : `${functions.map(readable).join(' ')}: `;
}

function objectLines(object: ObjectFindings, patches: KnownPatch[]): [string, string][] {
  const lines: [string, string][] = [
    ['green', namesOf(becoming(object, 'green'))],
    ['offloaded', namesOf(becoming(object, 'offloaded'))],
    ...blockers(object, patches).map((found): [string, string] => [
      'cannot',
      `${subjectOf(found)}${found.why}`,
    ]),
  ];
  const said = lines.filter(([, text]) => text !== '');
  return said.length > 0 ? said : [['-', 'waits in nothing that it imports itself']];
}

function printObject(object: ObjectFindings, findings: PackageFindings, width: number): string[] {
  return [
    objectTitle(object, findings.directory),
    ...objectLines(object, findings.patches).map(
      ([label, text]) => `           ${label.padEnd(10)}${wrap(text, 21, width)}`,
    ),
  ];
}

/** What may be worth knowing, once for each reason: which functions, and where they are imported. */
function notes({ objects, patches }: PackageFindings): string[] {
  const byReason = new Map<string, { names: Set<string>; where: Set<string> }>();
  for (const object of objects) {
    const certain = new Set(blockers(object, patches));
    for (const { functions, why } of object.unhookable.filter((found) => !certain.has(found))) {
      const note = byReason.get(why) ?? { names: new Set(), where: new Set() };
      for (const name of functions) note.names.add(name);
      note.where.add(basename(object.path));
      byReason.set(why, note);
    }
  }
  return [...byReason].map(([why, { names, where }]) => {
    const objectNames = where.size > 3 ? `${where.size} of these objects` : [...where].join(', ');
    return `${[...names].join(' ')} (${objectNames}): ${why}`;
  });
}

function patchText({ name, versions, inRange, why }: KnownPatch): string {
  return `known for ${name} ${versions}${inRange ? '' : ' (this version is another)'}: ${why}`;
}

function headed(label: string, text: string, width: number): string {
  return `  ${label.padEnd(9)}${wrap(text, 11, width)}`;
}

/** An object that says nothing about waits, but for its messages, is only counted. */
function saysSomething(object: ObjectFindings): boolean {
  const says = ({ becomes, ofStreams }: Call): boolean => becomes !== 'never waits' && !ofStreams;
  return object.role === 'addon' || object.functions.some(says);
}

/** All about one package, for people. */
export function printPackage(findings: PackageFindings, width: number): string {
  const { name, version, directory, verdict, patches, objects, problems, advice } = findings;
  const shown = objects.filter(saysSomething);
  const silent = objects.length - shown.length;
  return [
    `${name} ${version}: ${verdict}`,
    `  ${directory}`,
    ...(patches.length === 0 ? [headed('patch', 'none: redirection only', width)] : []),
    ...patches.map((patch) => headed('patch', patchText(patch), width)),
    ...shown.flatMap((object) => printObject(object, findings, width)),
    ...(silent === 0 ? [] : [headed('', `${silent} more libraries, which wait in nothing`, width)]),
    ...notes(findings).map((text) => headed('note', text, width)),
    ...problems.map((text) => headed('problem', text, width)),
    ...advice.map((text) => headed('advice', text, width)),
  ].join('\n');
}

function count(findings: PackageFindings, becomes: Call['becomes']): string {
  const names = findings.objects.flatMap((object) =>
    becoming(object, becomes).flatMap(({ name, ofStreams }) => (ofStreams ? [] : name)),
  );
  return String(new Set(names).size);
}

/** In a few words. */
function nameOf({ functions, why }: Unhookable): string {
  return functions.length > 0 ? functions.join(' ') : (why.split(':')[0] ?? why);
}

function hindrance({ objects, problems, patches }: PackageFindings): string {
  const what = objects.flatMap((object) => blockers(object, patches).map(nameOf));
  return [...new Set([...what, ...problems])].join('; ');
}

function patchWord({ patches }: PackageFindings): string {
  if (patches.length === 0) return 'generic';
  return isTested(patches) ? 'known' : 'other version';
}

/** One line for each package, for people. */
export function printSurvey(all: PackageFindings[], width: number): string {
  const header = ['package', 'version', 'verdict', 'green', 'offloaded', 'patch'];
  const rows = all.map((findings) => [
    findings.name,
    findings.version,
    findings.verdict,
    count(findings, 'green'),
    count(findings, 'offloaded'),
    patchWord(findings),
  ]);
  const troubled = all.filter((findings) => hindrance(findings) !== '');
  const troubles = troubled.map((findings) => {
    const label = `${findings.name} ${findings.version}: `;
    return `${label}${wrap(hindrance(findings), 4, width)}`;
  });
  return [columns([header, ...rows]), ...(troubles.length === 0 ? [] : ['', ...troubles])].join(
    '\n',
  );
}
