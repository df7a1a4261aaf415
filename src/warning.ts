/** Tells the user, as Node tells its own: on standard error, and by the event `warning` of `process`. */
export function warn(code: string, text: string): void {
  process.emitWarning(text, { type: 'GreenifyWarning', code });
}
