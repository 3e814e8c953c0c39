/** How a command in the guest ended. */
export interface GuestExit {
  /** Exit status; undefined when a signal ended it. */
  readonly exit: number | undefined;
  readonly signal?: string;
  readonly timedOut: boolean;
}
