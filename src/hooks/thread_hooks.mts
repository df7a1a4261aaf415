/** Loader hooks for `module.register`, behind import-in-the-middle's: they run in a thread of their own. */

interface Resolved {
  url: string;
  format?: string | null | undefined;
}

/** A worker may begin with a `data:` URL, which import-in-the-middle 3.6 calls CommonJS: its media type says. */
export async function resolve(
  specifier: string,
  context: object,
  next: (specifier: string, context: object) => Promise<Resolved>,
): Promise<Resolved> {
  const resolved = await next(specifier, context);
  return resolved.url.startsWith('data:') ? { ...resolved, format: undefined } : resolved;
}
