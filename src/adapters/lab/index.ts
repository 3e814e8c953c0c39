/** The lab: a guest with an AppArmor kernel and a Docker engine, for machines that lack them. */
export { buildLab, type BuildOptions } from './build.ts';
export type { GuestExit } from './wire/guest-exit.ts';
export { destroyLab } from './destroy.ts';
export { startGuest, type Guest } from './guest/guest.ts';
export type { GuestFacts, LabImage } from './image/image-files.ts';
export type { Progress } from '../host/run-step.ts';
export { DEFAULT_SUITE, SUITES, TARGET_IMAGE, USERS, type LabSuite } from './image/recipe.ts';
export type { CommandOptions, OutputSink } from './guest/remote-command.ts';
export { interactiveShell } from './guest/shell.ts';
export type { FileToPut } from './wire/tar-pack.ts';
export { extractTree, treeArgv } from './image/tools.ts';
