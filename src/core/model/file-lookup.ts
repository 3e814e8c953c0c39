/** What the paths of a container are, as they are found from the host. */

/** What a path of the container is. */
export interface Place {
  /** As the kernel names it: links followed; for a missing name, its folder's real path with the name after it. */
  readonly path: string;
  readonly folder: boolean;
  readonly missing: boolean;
}

export interface FileLookup {
  /** @param follow whether the last part of the path is followed when it is a link. */
  (path: string, follow: boolean): Place | undefined;
}
