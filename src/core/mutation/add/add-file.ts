/** Writing, creating and linking below each folder where the profile does not allow that. Pure. */
import type { AddContext, AddOperator } from './add-context.ts';

/** Folders that every system has and that few services write to. */
const FOLDERS = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/proc',
  '/root',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/var',
];

export const addFile: AddOperator = (context) => {
  const denied = deniedFolders(context);
  const others = FOLDERS.filter((folder) => !denied.includes(folder));
  return [
    ...denied.map((folder) => `${folder}/** wl`),
    ...others.flatMap((folder) => lettersFor(context, folder).map((letter) => `${folder}/** ${letter}`)),
  ];
};

/** Plain folders that a deny rule is about. */
function deniedFolders({ block }: AddContext): string[] {
  const folders = block.rules.flatMap((rule) => {
    if (rule.kind !== 'file' || rule.qualifiers.access !== 'deny' || rule.via.length > 0) return [];
    return (rule.path?.expanded ?? []).flatMap((path) => /^((?:\/[\w.-]+)+)\/\*+$/.exec(path)?.[1] ?? []);
  });
  return [...new Set(folders)];
}

function lettersFor({ allows }: AddContext, folder: string): string[] {
  const path = `${folder}/thing`;
  return [
    ...(allows({ class: 'file', path, permission: 'w' }) ? [] : ['w']),
    ...(allows({ class: 'file', path, permission: 'l', target: '/tmp/thing' }) ? [] : ['l']),
  ];
}
