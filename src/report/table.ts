import { native, type TableRow } from '../native';

let rows: ReadonlyMap<string, TableRow> | undefined;

function byName(): ReadonlyMap<string, TableRow> {
  rows ??= new Map(native.table().map((row) => [row.name, row]));
  return rows;
}

/** The row of a function that greenify has a green version of. */
export function rowNamed(name: string): TableRow | undefined {
  return byName().get(name);
}

/**
 * The functions of some families that an object imports by no name of theirs.
 *
 * @param imported what it imports; other names too
 */
export function absentFrom(imported: Iterable<string>, families: readonly string[]): string[] {
  // Locks come with every family.
  const chosen = new Set(families.length > 0 ? [...families, 'lock'] : []);
  const present = new Set<string>();
  for (const name of imported) present.add(rowNamed(name)?.aliasOf ?? name);
  return [...byName().values()]
    .filter(({ family, also = family }) => chosen.has(family) || chosen.has(also))
    .filter(({ name, aliasOf }) => aliasOf === undefined && !present.has(name))
    .map(({ name }) => name);
}
