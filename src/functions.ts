/** `wrapper`, with the name and length of `original`. */
export function likeOriginal<F extends (...args: never[]) => unknown>(
  original: { name: string; length: number },
  wrapper: F,
): F {
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true });
  return wrapper;
}
