/**
 * Which test speaks for which behaviour of the table of green calls: native/calls/pages.h lists
 * what manual pages say about waiting, tests declare what they show, table.test.ts compares.
 */
import ts from 'typescript';
import { it } from 'vitest';

export interface Row {
  name: string;
  page: string;
  behaviours: string[];
  aliasOf?: string;
}

type Names = string | readonly string[];

/**
 * `it`, for a test that shows the behaviours for each of the functions. Both are literals, or
 * arrays of literals that the same file names: the declarations are read from the source.
 */
export function behaviour(functions: Names, listed: Names): typeof it {
  if (functions.length === 0 || listed.length === 0) throw new Error('a test of nothing');
  return it;
}

const spelled = (name: string, listed: string): string => `${name}: ${listed}`;

/** What the table lists. The other names of a function are the same code, but for what they add. */
export function listedIn(rows: readonly Row[]): string[] {
  const same = (row: Row): boolean =>
    rows.some(({ name, page }) => name === row.aliasOf && page === row.page);
  return rows
    .filter((row) => !same(row))
    .flatMap(({ name, behaviours }) => behaviours.map((listed) => spelled(name, listed)));
}

function literals(node: ts.Node, named: Map<string, ts.Expression>): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isAsExpression(node)) return literals(node.expression, named);
  if (ts.isSpreadElement(node)) return literals(node.expression, named);
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.flatMap((element) => literals(element, named));
  }
  const value = ts.isIdentifier(node) ? named.get(node.text) : undefined;
  if (value !== undefined) return literals(value, named);
  throw new Error(`${node.getText()}: is no literal, so nobody can read what is tested`);
}

/** What the tests of a source file declare. */
export function declaredIn(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const named = new Map<string, ts.Expression>();
  const declared: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      named.set(node.name.text, node.initializer);
    }
    const called = ts.isCallExpression(node) && ts.isIdentifier(node.expression);
    if (called && node.expression.text === 'behaviour') {
      const [functions, listed] = node.arguments.map((argument) => literals(argument, named));
      for (const name of functions ?? []) {
        for (const shown of listed ?? []) declared.push(spelled(name, shown));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return declared;
}

/** What is listed and not tested, and what is tested and not listed. */
export function compare(
  rows: readonly Row[],
  declared: readonly string[],
): Record<string, string[]> {
  const listed = new Set(listedIn(rows));
  const tested = new Set(declared);
  return {
    untested: [...listed].filter((behaviour) => !tested.has(behaviour)),
    unlisted: [...tested].filter((behaviour) => !listed.has(behaviour)),
  };
}
