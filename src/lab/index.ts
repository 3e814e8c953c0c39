/** The lab: a guest with an AppArmor kernel and a Docker engine, for machines that lack them. */
export { buildLab, type BuildOptions } from './build.ts';
export type { GuestExit } from './channel.ts';
export { destroyLab } from './destroy.ts';
export { startGuest, type Guest } from './guest.ts';
export type { GuestFacts, LabImage } from './image.ts';
export type { Progress } from './must.ts';
export { DEFAULT_SUITE, SUITES, TARGET_IMAGE, USERS, type LabSuite } from './recipe.ts';
export type { CommandOptions, OutputSink } from './remote-command.ts';
export { interactiveShell } from './shell.ts';
export type { FileToPut } from './tar-pack.ts';
export { extractTree, treeArgv } from './tools.ts';
