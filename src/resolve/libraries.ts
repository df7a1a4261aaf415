/** A shared library that an addon needs (DT_NEEDED), itself or through others. */
export interface ResolvedLibrary {
  /** As it is asked for. */
  soname: string;
  /** The real path of the file that the dynamic linker takes; absent where it finds none. */
  path?: string;
  /** Why it cannot be loaded: missing (and where it was looked for), wrong architecture, musl instead of glibc … */
  reason?: string;
  /** The path of the addon or library that asks for it. */
  neededBy: string;
}
