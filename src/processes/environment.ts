import { inheritedText, preload } from './settings';

type Environment = Record<string, string | undefined>;

/** For NODE_OPTIONS, where spaces separate: cli.html, "NODE_OPTIONS=options". */
function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replace(/["\\]/g, '\\$&')}"` : path;
}

/**
 * `--require` rather than `--import`, which does the same and ends an older Node that a child may be: one that cannot
 * have green threads says so and runs on (`inherited.ts`).
 */
const option = `--require=${quoted(preload)}`;

function withOption(options: string | undefined): string {
  if (options === undefined || options.trim() === '') return option;
  return options.includes(option) ? options : `${options} ${option}`;
}

/** What a child gets beside `given`, the environment that it would have. A choice of its own goes first. */
export function inheritedVariables(given: Environment): Record<string, string> {
  const text = inheritedText();
  if (text === undefined) return {};
  const variables: Record<string, string> = { NODE_OPTIONS: withOption(given['NODE_OPTIONS']) };
  const { GREENIFY, GREENIFY_ADDON } = process.env;
  if (given['GREENIFY'] === undefined || given['GREENIFY'] === GREENIFY)
    variables['GREENIFY'] = text;
  if (GREENIFY_ADDON !== undefined && given['GREENIFY_ADDON'] === undefined) {
    variables['GREENIFY_ADDON'] = GREENIFY_ADDON;
  }
  return variables;
}
